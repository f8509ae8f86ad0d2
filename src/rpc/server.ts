import { Capability, type Client, type ClientCall, toRequest } from './capability.ts';
import type { Struct } from './capnp/struct.ts';
import type { Answer, Method } from './hook.ts';
import { LocalHook } from './local-hook.ts';

/** What a method is told about the call it serves. */
export type CallContext = {
  /** Aborted when the caller cancels or its connection ends. Results given after that go nowhere. */
  readonly signal: AbortSignal;
};

/** A method and the function that serves it. */
export type ServerMethod<P extends Struct, R extends Struct> = Method<P, R> & {
  readonly impl: (params: P, results: R, context: CallContext) => Promise<void> | void;
};

type AnyServerMethod = ServerMethod<Struct, Struct>;

/**
 * An object of this process that serves an interface: the parent of generated `X$Server` classes. When its target has
 * a `[Symbol.dispose]` method, that is called once the last remote reference and `dup()` is gone.
 */
export class Server implements Client {
  readonly target: object;
  readonly #methods = new Map<bigint, (AnyServerMethod | undefined)[]>();
  readonly hook: LocalHook;

  constructor(target: object, methods: readonly unknown[]) {
    this.target = target;
    for (const method of methods as readonly AnyServerMethod[]) {
      const known = this.#methods.get(method.interfaceId) ?? [];
      known[method.methodId] = method;
      this.#methods.set(method.interfaceId, known);
    }
    this.hook = new LocalHook(this);
  }

  /** The method with these ids; undefined when this object does not implement it. */
  method(interfaceId: bigint, methodId: number): AnyServerMethod | undefined {
    const method = this.#methods.get(interfaceId)?.[methodId];
    return typeof method?.impl === 'function' ? method : undefined;
  }

  call<P extends Struct, R extends Struct>(call: ClientCall<P, R>): Answer {
    return this.hook.call(toRequest(call));
  }

  reference(): Capability {
    this.hook.addRef();
    return new Capability(this.hook);
  }

  close(): void {}
}
