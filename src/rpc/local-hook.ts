import { brokenAnswer, refused } from './broken-hook.ts';
import type { CallScope } from './call-scope.ts';
import type { Pointer } from './capnp/pointer.ts';
import { type Struct, structAt } from './capnp/struct.ts';
import type { Answer, CallRequest, Hook, MethodIds } from './hook.ts';
import { LocalAnswer } from './local-answer.ts';
import { materialize } from './request.ts';
import { ofCallNotMade, RpcError, thrownByMethod } from './rpc-error.ts';
import type { Server, ServerMethod } from './server.ts';
import { Turns } from './turns.ts';

/** A method to be run, and who is told how it ended. */
export type Run = {
  readonly method: ServerMethod<Struct, Struct>;
  readonly params: Pointer;
  readonly results: () => Struct;
  readonly scope: CallScope;
  readonly done: () => void;
  readonly failed: (error: RpcError) => void;
};

/** A server object of this process, as a capability. */
export class LocalHook implements Hook {
  readonly session = undefined;
  readonly whenResolved = undefined;
  readonly brokenBy = undefined;
  readonly server: Server;
  #refs = 0;
  /** Calls that run or wait. They keep the object, but are no references to it. */
  #calls = 0;
  /** There was a reference since it was made, or disposed. */
  #referenced = false;
  readonly #turns = new Turns(this);

  constructor(server: Server) {
    this.server = server;
  }

  addRef(): void {
    this.#refs++;
    this.#referenced = true;
  }

  release(): void {
    this.#refs--;
    this.#disposeUnused();
  }

  callBegins(): void {
    this.#calls++;
  }

  callEnds(): void {
    this.#calls--;
    this.#disposeUnused();
  }

  #disposeUnused(): void {
    if (this.#refs > 0 || this.#calls > 0 || !this.#referenced) return;
    this.#referenced = false;
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

  /** A call made now is run now. */
  get ready(): boolean {
    return this.#turns.free;
  }

  /** A call from within this process, or one that has to wait. */
  call(request: CallRequest): Answer {
    return this.#turns.free ? this.start(request) : this.#wait(request);
  }

  /** The turn of a call has come. */
  start(request: CallRequest): Answer {
    const { failure } = this.#turns;
    if (failure !== undefined) return refused(request, ofCallNotMade(failure));
    const method = this.#methodOf(request);
    if (method === undefined) return refused(request, unimplemented(this.server, request));
    const made = materialize(request);
    if ('error' in made) return brokenAnswer(made.error);
    // Filling in may have run any code: it may have made a streaming call on this very object.
    return this.#turns.taken ? this.#wait(made.request) : new LocalAnswer(this, method, made.request);
  }

  #methodOf({ interfaceId, methodId }: MethodIds): ServerMethod<Struct, Struct> | undefined {
    return this.server.method(interfaceId, methodId);
  }

  #wait(request: CallRequest): Answer {
    const refusal = this.#turns.refusal();
    if (refusal === undefined) return this.#turns.wait(request);
    this.missed(request, refusal);
    return refused(request, ofCallNotMade(refusal));
  }

  missed(call: MethodIds, error: RpcError): void {
    if (isStreaming(this.#methodOf(call))) this.#turns.break(error);
  }

  /** Runs a method, whose turn it has to be. */
  run({ method, params, results, scope, done, failed }: Run): void {
    const streaming = isStreaming(method);
    this.callBegins();
    if (streaming) this.#turns.begin();
    const end = (): void => {
      if (streaming) this.#turns.end();
      this.callEnds();
    };
    const succeed = (): void => {
      done();
      end();
    };
    const fail = (thrown: unknown): void => {
      const error = thrownByMethod(thrown);
      // What its own caller canceled is no failure of the stream.
      if (streaming && !scope.aborted) this.#turns.break(error);
      failed(error);
      end();
    };
    try {
      const running = method.impl.call(this.server.target, paramsStruct(method, params), results(), scope);
      if (running instanceof Promise) {
        running.then(succeed, fail);
        return;
      }
    } catch (error) {
      fail(error);
      return;
    }
    succeed();
  }
}

/** The one struct of /capnp/stream.capnp, which methods declared as `-> stream` answer with. */
const STREAM_RESULT_ID = '995f9a3377c0b16e';

function isStreaming(method: ServerMethod<Struct, Struct> | undefined): boolean {
  return method?.ResultsClass._capnp.id === STREAM_RESULT_ID;
}

/** The refusal of a method an object does not have. */
export function unimplemented(server: Server, request: MethodIds): RpcError {
  const name = server.constructor.name.replace(/\$Server$/, '');
  const id = `0x${request.interfaceId.toString(16)}`;
  return new RpcError(
    'unimplemented',
    `Cannot call ${name}: it does not implement method ${request.methodId} of ${id}`,
    { mayHaveRun: false },
  );
}

/** Where a method's parameters lie; a null pointer reads as a struct of defaults. */
function paramsStruct(method: ServerMethod<Struct, Struct>, content: Pointer): Struct {
  const { ParamsClass } = method;
  const found = structAt(ParamsClass, content.segment, content.at, content.depth);
  return found ?? new ParamsClass(content.segment, 0, 0, 0, 0);
}
