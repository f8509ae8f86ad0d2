import { AnswerPipelines } from './answer-pipelines.ts';
import { BrokenHook } from './broken-hook.ts';
import { CallScope } from './call-scope.ts';
import { Pointer } from './capnp/pointer.ts';
import { initStructAtOffset, type Struct } from './capnp/struct.ts';
import type { Answer, CallRequest, Hook } from './hook.ts';
import type { LocalHook } from './local-hook.ts';
import { onAbort } from './on-abort.ts';
import { Outcome } from './outcome.ts';
import { abortError } from './plain-error.ts';
import { blankMessage } from './request.ts';
import { capabilityAtPath } from './results-path.ts';
import type { ServerMethod } from './server.ts';

/** A call within this process: parameters and results in messages of their own, as if they had travelled. */
export class LocalAnswer implements Answer {
  readonly outcome = new Outcome<Pointer>();
  readonly #pipelines = new AnswerPipelines(() => {
    if (this.#closed) this.cancel(closed());
  });
  readonly #scope = new CallScope();
  #unlisten: (() => void) | undefined;
  #results: Pointer | undefined;
  /** The method is done, or nobody waits for it any more. */
  #ended = false;
  /** Whoever made the call has given its results up. */
  #closed = false;

  constructor(hook: LocalHook, method: ServerMethod<Struct, Struct>, request: CallRequest) {
    const { signal, params } = request;
    const content = params.kind === 'message' ? params.content : undefined;
    this.#unlisten = onAbort(signal, (reason) => this.cancel(reason));
    if (content === undefined) return;
    if (!this.#ended) this.#run(hook, method, content);
    else content.segment.message.releaseCaps();
  }

  #run(hook: LocalHook, method: ServerMethod<Struct, Struct>, content: Pointer): void {
    const message = blankMessage();
    hook.run({
      method,
      params: content,
      results: () => initStructAtOffset(method.ResultsClass, message.first, 0),
      scope: this.#scope,
      done: () => {
        content.segment.message.releaseCaps();
        if (this.#ended) message.releaseCaps();
        else this.#succeed(new Pointer(message.first, 0, message.nesting));
      },
      failed: (error) => {
        content.segment.message.releaseCaps();
        message.releaseCaps();
        this.#fail(error);
      },
    });
  }

  /** Pipelined capabilities switch over before anybody is told. */
  #succeed(results: Pointer): void {
    this.#ended = true;
    this.#unlisten?.();
    this.#pipelines.settle((path) => capabilityAtPath(results, path));
    if (this.#closed) results.segment.message.releaseCaps();
    else this.#results = results;
    this.outcome.resolve(results);
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unlisten?.();
    this.#pipelines.settle(() => new BrokenHook(error));
    this.outcome.reject(error);
  }

  pipeline(path: readonly number[]): Hook {
    return this.#pipelines.at(path);
  }

  cancel(reason: unknown): void {
    if (this.#ended) return;
    this.#scope.abort(reason);
    this.#fail(reason);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#pipelines.wanted) this.cancel(closed());
    else this.outcome.reject(closed());
    this.#results?.segment.message.releaseCaps();
  }
}

function closed(): DOMException {
  return abortError('The call was closed');
}
