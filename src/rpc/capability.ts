import { BrokenHook, brokenAnswer } from './broken-hook.ts';
import type { Struct } from './capnp/struct.ts';
import type { Answer, CallRequest, Hook, Method } from './hook.ts';
import { RpcError } from './rpc-error.ts';

export const NULL_CAPABILITY_REASON = 'Cannot call: the capability is null';

/** Options of one call. */
export type CallOptions = {
  /** Aborting it cancels the call: it rejects with the signal's reason and the callee's signal is aborted. */
  readonly signal?: AbortSignal;
};

export type ClientCall<P extends Struct, R extends Struct> = {
  readonly method: Method<P, R>;
  readonly paramsFunc?: ((params: P) => void) | undefined;
  readonly options?: CallOptions | undefined;
};

/** What calls can be made on: a capability, or a server object of this process. */
export type Client = {
  call<P extends Struct, R extends Struct>(call: ClientCall<P, R>): Answer;
  /** A reference of one's own, to be closed. */
  reference(): Capability;
  /** Gives up this reference; nothing for a server object of this process. */
  close(): void;
  readonly hook: Hook;
};

/** An instance of a generated `X$Client` class. */
export type ClientHolder = { readonly client: Client };
export type ClientClass<C extends ClientHolder> = { new (client: Client): C };
/** A generated class of an interface, as a name for it. */
export type InterfaceClass<C extends ClientHolder> = { readonly Client: ClientClass<C> };

/**
 * Releases what a forgotten handle holds, some time after it became garbage. Only a backstop for `close`.
 *
 * Until it has run, the registry keeps the hook, and all that can be reached from it, for one more collection. Were a
 * connection reachable from there, each collection would free only what the one before it had found; the collector
 * would see a heap that hardly shrinks and let it grow, without end where many connections come and go. So a hook that
 * has been resolved or broken lets go of its connection, and a capability that is broken anyway is not registered.
 */
const forgotten = new FinalizationRegistry<Hook>((hook) => hook.release());
let backstop = true;

/**
 * From now on, in this whole process, only `close` gives capabilities back. For simulations: when the collector runs
 * is the one thing no seed decides, and what it finds would be told to the peer.
 */
export function withoutGarbageCollection(): void {
  backstop = false;
}

/** One reference to a capability. Close it when it is not needed any more. */
export class Capability implements Client {
  readonly #hook: Hook;
  #open = true;

  /** Takes over one reference to `hook`. */
  constructor(hook: Hook) {
    this.#hook = hook;
    if (backstop && hook.brokenBy === undefined) forgotten.register(this, hook, this);
  }

  get hook(): Hook {
    return this.#open ? this.#hook : closedHook;
  }

  get closed(): boolean {
    return !this.#open;
  }

  call<P extends Struct, R extends Struct>(call: ClientCall<P, R>): Answer {
    if (!this.#open) return brokenAnswer(closedError());
    const hook = this.#hook;
    // Filling in may have run any code: it may close this very client.
    hook.addRef();
    try {
      return hook.call(toRequest(call));
    } finally {
      hook.release();
    }
  }

  reference(): Capability {
    if (!this.#open) throw closedError();
    this.#hook.addRef();
    return new Capability(this.#hook);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    forgotten.unregister(this);
    this.#hook.release();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function closedError(): RpcError {
  return new RpcError(
    'failed',
    'Cannot call: the capability was closed (dup() one that outlives the call it came with)',
  );
}

const closedHook = new BrokenHook(closedError());

export function toRequest<P extends Struct, R extends Struct>(call: ClientCall<P, R>): CallRequest {
  const method = call.method as unknown as Method<Struct, Struct>;
  const fill = call.paramsFunc as ((params: Struct) => void) | undefined;
  return {
    interfaceId: method.interfaceId,
    methodId: method.methodId,
    signal: call.options?.signal,
    params: { kind: 'fill', method, fill },
  };
}

/** A capability on which every call fails. */
export function brokenCapability(error: unknown): Capability {
  return new Capability(new BrokenHook(error));
}
