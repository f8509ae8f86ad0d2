import { BrokenHook } from './broken-hook.ts';
import type { Pointer } from './capnp/pointer.ts';
import type { Hook } from './hook.ts';
import type { Outcome } from './outcome.ts';
import { PromiseHook } from './promise-hook.ts';
import { capabilityAtPath } from './results-path.ts';

/** Capabilities asked of results that are computed in this process and may not be there yet. */
export class AnswerPipelines {
  readonly #outcome: Outcome<Pointer>;
  readonly #waiting = new Map<string, PromiseHook>();

  constructor(outcome: Outcome<Pointer>) {
    this.#outcome = outcome;
  }

  /** The caller owns one reference to the hook. One path has one promise, so that its calls stay in order. */
  at(path: readonly number[]): Hook {
    const key = path.join();
    const known = this.#waiting.get(key);
    if (known !== undefined) {
      known.addRef();
      return known;
    }
    if (!this.#outcome.pending) return this.#now(path);
    const promise = new PromiseHook();
    this.#waiting.set(key, promise);
    this.#outcome.watch(
      () => this.#settle(key, promise, path),
      () => this.#settle(key, promise, path),
    );
    promise.addRef();
    return promise;
  }

  /** After settling, the results themselves answer for this path; the promise's queue has been emptied by then. */
  #settle(key: string, promise: PromiseHook, path: readonly number[]): void {
    promise.settle(this.#now(path));
    this.#waiting.delete(key);
    promise.release();
  }

  #now(path: readonly number[]): Hook {
    let hook: Hook | undefined;
    this.#outcome.watch(
      (results) => {
        hook = capabilityAtPath(results, path);
      },
      (error) => {
        hook = new BrokenHook(error);
      },
    );
    return hook ?? new BrokenHook(new Error('unreachable: the outcome is settled'));
  }
}
