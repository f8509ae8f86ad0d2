import { AnswerPipelines } from './answer-pipelines.ts';
import { BrokenHook } from './broken-hook.ts';
import type { Pointer } from './capnp/pointer.ts';
import type { Answer, Hook } from './hook.ts';
import { onAbort } from './on-abort.ts';
import { Outcome } from './outcome.ts';
import { abortError } from './plain-error.ts';

/** The answer of a call that cannot be made yet; follows the real answer once the call is made. */
export class QueuedAnswer implements Answer {
  readonly outcome = new Outcome<Pointer>();
  #inner: Answer | undefined;
  #closed = false;
  #ended = false;
  readonly #pipelines: AnswerPipelines;
  readonly #onEnd: () => void;
  #unlisten: (() => void) | undefined;

  /** `onEnd` is told when the call need not be made any more. `waitsFor`: what has to be known before it can be. */
  constructor(signal: AbortSignal | undefined, onEnd: () => void, waitsFor: Hook | undefined) {
    this.#onEnd = onEnd;
    this.#pipelines = new AnswerPipelines(() => {
      if (this.#closed && this.#inner === undefined) this.#end(closedUnmade());
    }, waitsFor);
    this.#unlisten = onAbort(signal, (reason) => this.cancel(reason));
  }

  get from(): Answer | undefined {
    return this.#inner;
  }

  attach(inner: Answer): void {
    this.#inner = inner;
    this.#unlisten?.();
    this.#pipelines.settle((path) => inner.pipeline(path));
    inner.outcome.watch(
      (results) => this.outcome.resolve(results),
      (error) => this.outcome.reject(error),
    );
    if (this.#closed || this.#ended) inner.close();
  }

  pipeline(path: readonly number[]): Hook {
    return this.#pipelines.at(path);
  }

  cancel(reason: unknown): void {
    if (this.#inner !== undefined) this.#inner.cancel(reason);
    else this.#end(reason);
  }

  close(): void {
    if (this.#inner !== undefined) this.#inner.close();
    else if (this.#pipelines.wanted) {
      this.#closed = true;
      this.outcome.reject(closedUnmade());
    } else this.#end(closedUnmade());
  }

  #end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unlisten?.();
    this.#pipelines.settle(() => new BrokenHook(reason));
    this.outcome.reject(reason);
    this.#onEnd();
  }
}

function closedUnmade(): DOMException {
  return abortError('The call was closed before it was made');
}
