import { BrokenHook } from './broken-hook.ts';
import type { Pointer } from './capnp/pointer.ts';
import type { Answer, Hook } from './hook.ts';
import { onAbort } from './on-abort.ts';
import { Outcome } from './outcome.ts';
import { abortError } from './plain-error.ts';
import { PromiseHook } from './promise-hook.ts';

/** The answer of a call that waits for a promised capability; follows the real answer once the call is made. */
export class QueuedAnswer implements Answer {
  readonly outcome = new Outcome<Pointer>();
  #inner: Answer | undefined;
  #ended = false;
  #reason: unknown;
  #pipelines: { readonly path: readonly number[]; readonly hook: PromiseHook }[] = [];

  constructor(signal: AbortSignal | undefined) {
    const unlisten = onAbort(signal, (reason) => this.cancel(reason));
    this.outcome.watch(unlisten, unlisten);
  }

  /** The call need not be made any more. */
  get ended(): boolean {
    return this.#ended;
  }

  attach(inner: Answer): void {
    this.#inner = inner;
    const pipelines = this.#pipelines;
    this.#pipelines = [];
    for (const { path, hook } of pipelines) {
      hook.settle(inner.pipeline(path));
      hook.release();
    }
    inner.outcome.watch(
      (results) => this.outcome.resolve(results),
      (error) => this.outcome.reject(error),
    );
  }

  pipeline(path: readonly number[]): Hook {
    if (this.#inner !== undefined) return this.#inner.pipeline(path);
    if (this.#ended) return new BrokenHook(this.#reason);
    const hook = new PromiseHook();
    hook.addRef();
    this.#pipelines.push({ path, hook });
    return hook;
  }

  cancel(reason: unknown): void {
    if (this.#inner !== undefined) this.#inner.cancel(reason);
    else if (!this.#ended) {
      this.#ended = true;
      this.#reason = reason;
      for (const { hook } of this.#pipelines) {
        hook.fail(reason);
        hook.release();
      }
      this.#pipelines = [];
      this.outcome.reject(reason);
    }
  }

  close(): void {
    if (this.#inner !== undefined) this.#inner.close();
    else this.cancel(abortError('The call was closed before it was made'));
  }
}
