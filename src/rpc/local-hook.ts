import { AnswerPipelines } from './answer-pipelines.ts';
import { brokenAnswer, dropParams } from './broken-hook.ts';
import { Pointer } from './capnp/pointer.ts';
import { initStructAtOffset, type Struct, structAt } from './capnp/struct.ts';
import type { Answer, CallRequest, Hook } from './hook.ts';
import { onAbort } from './on-abort.ts';
import { Outcome } from './outcome.ts';
import { abortError } from './plain-error.ts';
import { blankMessage, materialize } from './request.ts';
import { RpcError, thrownByMethod } from './rpc-error.ts';
import type { CallContext, Server, ServerMethod } from './server.ts';

/** A server object of this process, as a capability. */
export class LocalHook implements Hook {
  readonly session = undefined;
  readonly whenResolved = undefined;
  readonly brokenBy = undefined;
  readonly server: Server;
  #refs = 0;

  constructor(server: Server) {
    this.server = server;
  }

  addRef(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs > 0) return;
    const target = this.server.target as { [Symbol.dispose]?: unknown };
    const dispose = target[Symbol.dispose];
    if (typeof dispose !== 'function') return;
    try {
      dispose.call(target);
    } catch (error) {
      // Not the fault of the connection that let go last: it surfaces as an error of its own.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  resolved(): Hook {
    return this;
  }

  /** A call from within this process. */
  call(request: CallRequest): Answer {
    const method = this.server.method(request.interfaceId, request.methodId);
    if (method === undefined) {
      dropParams(request);
      return brokenAnswer(unimplemented(this.server, request));
    }
    const ready = materialize(request);
    if ('error' in ready) return brokenAnswer(ready.error);
    return new LocalAnswer(this, method, ready.request);
  }
}

/** The refusal of a method an object does not have. */
export function unimplemented(server: Server, request: { interfaceId: bigint; methodId: number }): RpcError {
  const name = server.constructor.name.replace(/\$Server$/, '');
  const id = `0x${request.interfaceId.toString(16)}`;
  return new RpcError(
    'unimplemented',
    `Cannot call ${name}: it does not implement method ${request.methodId} of ${id}`,
    { mayHaveRun: false },
  );
}

/** Where a method's parameters lie; a null pointer reads as a struct of defaults. */
export function paramsStruct(method: ServerMethod<Struct, Struct>, content: Pointer): Struct {
  const { ParamsClass } = method;
  const found = structAt(ParamsClass, content.segment, content.at, content.depth);
  return found ?? new ParamsClass(content.segment, 0, 0, 0, 0);
}

/** A call within this process: parameters and results in messages of their own, as if they had travelled. */
class LocalAnswer implements Answer {
  readonly outcome = new Outcome<Pointer>();
  readonly #pipelines = new AnswerPipelines(this.outcome);
  readonly #controller = new AbortController();
  #results: Pointer | undefined;
  #closed = false;

  constructor(hook: LocalHook, method: ServerMethod<Struct, Struct>, request: CallRequest) {
    const { signal, params } = request;
    const content = params.kind === 'message' ? params.content : undefined;
    const unlisten = onAbort(signal, (reason) => this.cancel(reason));
    this.outcome.watch(unlisten, unlisten);
    if (content === undefined) return;
    if (this.outcome.pending) this.#run(hook, method, content);
    else content.segment.message.releaseCaps();
  }

  #run(hook: LocalHook, method: ServerMethod<Struct, Struct>, content: Pointer): void {
    hook.addRef();
    const message = blankMessage();
    const root = new Pointer(message.first, 0, message.nesting);
    const done = (): void => {
      content.segment.message.releaseCaps();
      hook.release();
      if (this.#closed || !this.outcome.pending) message.releaseCaps();
      else {
        this.#results = root;
        this.outcome.resolve(root);
      }
    };
    const failed = (error: unknown): void => {
      content.segment.message.releaseCaps();
      hook.release();
      message.releaseCaps();
      this.outcome.reject(thrownByMethod(error));
    };
    const context: CallContext = { signal: this.#controller.signal };
    try {
      const results = initStructAtOffset(method.ResultsClass, message.first, 0);
      const running = method.impl.call(hook.server.target, paramsStruct(method, content), results, context);
      if (running instanceof Promise) running.then(done, failed);
      else done();
    } catch (error) {
      failed(error);
    }
  }

  pipeline(path: readonly number[]): Hook {
    return this.#pipelines.at(path);
  }

  cancel(reason: unknown): void {
    if (!this.outcome.pending) return;
    this.#controller.abort(reason);
    this.outcome.reject(reason);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.cancel(abortError('The call was closed'));
    this.#results?.segment.message.releaseCaps();
  }
}
