import type { Hook } from './hook.ts';
import { PromiseHook } from './promise-hook.ts';

type Waiting = { readonly path: readonly number[]; readonly promise: PromiseHook };

/** Finds the capability at a path, with one reference. */
type Finding = (path: readonly number[]) => Hook;

/**
 * Capabilities asked of results that are not there yet. As long as one of them is held, or a call waits for it, the
 * results are wanted, whatever becomes of who asked for them first.
 */
export class AnswerPipelines {
  readonly #waiting = new Map<string, Waiting>();
  readonly #unwanted: () => void;
  readonly #waitsFor: Hook | undefined;
  #find: Finding | undefined;

  /**
   * `unwanted` is told whenever the last of them is given up before they are settled. `waitsFor`: what has to be known
   * before the call can even be made.
   */
  constructor(unwanted: () => void, waitsFor?: Hook) {
    this.#unwanted = unwanted;
    this.#waitsFor = waitsFor;
  }

  get wanted(): boolean {
    return this.#waiting.size > 0;
  }

  /** The caller owns one reference to the hook. One path has one promise, so that its calls stay in order. */
  at(path: readonly number[]): Hook {
    const key = path.join();
    const known = this.#waiting.get(key)?.promise;
    if (known !== undefined) {
      known.addRef();
      return known;
    }
    if (this.#find !== undefined) return this.#find(path);
    const promise = new PromiseHook(() => this.#forget(key), this.#waitsFor);
    this.#waiting.set(key, { path, promise });
    return promise;
  }

  /** From now on `find` answers: for a path that was waited for once the calls that wait have been passed on. */
  settle(find: Finding): void {
    if (this.#find !== undefined) return;
    this.#find = find;
    for (const [key, { path, promise }] of this.#waiting) {
      promise.settle(find(path));
      this.#waiting.delete(key);
    }
  }

  #forget(key: string): void {
    this.#waiting.delete(key);
    if (this.#waiting.size === 0 && this.#find === undefined) this.#unwanted();
  }
}
