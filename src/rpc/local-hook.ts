import { brokenAnswer, dropParams } from './broken-hook.ts';
import type { Pointer } from './capnp/pointer.ts';
import { type Struct, structAt } from './capnp/struct.ts';
import type { Answer, CallRequest, Hook } from './hook.ts';
import { LocalAnswer } from './local-answer.ts';
import { materialize } from './request.ts';
import { RpcError } from './rpc-error.ts';
import type { Server, ServerMethod } from './server.ts';

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
