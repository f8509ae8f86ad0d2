import type { Pointer } from './capnp/pointer.ts';
import type { Struct, StructClass } from './capnp/struct.ts';
import type { Outcome } from './outcome.ts';
import type { RpcError } from './rpc-error.ts';

/** A method of an interface, as generated code describes it. */
export type Method<P extends Struct, R extends Struct> = {
  readonly interfaceId: bigint;
  readonly methodId: number;
  readonly interfaceName: string;
  readonly methodName: string;
  readonly ParamsClass: StructClass<P>;
  readonly ResultsClass: StructClass<R>;
};

/** Which method a call is for. */
export type MethodIds = { readonly interfaceId: bigint; readonly methodId: number };

/** One call on its way to a capability. Its parameters are either still to be filled in or lie in a message. */
export type CallRequest = MethodIds & {
  readonly signal?: AbortSignal | undefined;
  readonly params:
    | {
        readonly kind: 'fill';
        readonly method: Method<Struct, Struct>;
        readonly fill: ((params: Struct) => void) | undefined;
      }
    /** The message's capabilities pass to whoever handles the call. */
    | { readonly kind: 'message'; readonly content: Pointer };
};

/** A call that was made: its results to come, and the capabilities in them before they have come. */
export type Answer = {
  /** The results' content. The capabilities in it belong to this answer until `close`. */
  readonly outcome: Outcome<Pointer>;
  /** The answer of another call that this one's results come from, as far as that is known. */
  readonly from?: Answer | undefined;
  /** The capability at a path of pointer fields in the results; the caller owns one reference. */
  pipeline(path: readonly number[]): Hook;
  /** Ends the call, whoever waits for it: the outcome fails with `reason`, the callee is told. */
  cancel(reason: unknown): void;
  /**
   * The results are not needed any more: the outcome fails, or the capabilities in them are released. The call itself
   * ends once no capability asked of its results is held and no call waits for one.
   */
  close(): void;
};

/** What a capability tells of its connection. */
export type HookSession = { readonly limits: { readonly streamWindowBytes: number } };

/**
 * A capability as this layer passes it on: something that takes calls. References are counted, since the other side
 * has to be told when the last one goes.
 */
export type Hook = {
  /** The connection through which it is reached; undefined for what lives in this process. */
  readonly session: HookSession | undefined;
  call(request: CallRequest): Answer;
  addRef(): void;
  release(): void;
  /** The innermost capability this one is known to stand for. */
  resolved(): Hook;
  /** For a promise that is not resolved: calls `fn` once it is, until that is taken back. Undefined: it is no promise. */
  readonly whenResolved: ((fn: () => void) => () => void) | undefined;
  /** Calls are on their way to it through the peer: a shorter way found later has to wait for them. */
  markUsed?(): void;
  /** A call on it was refused before it came here. A stream with a hole in it is broken. */
  missed?(call: MethodIds, error: RpcError): void;
  /** Why every call on it fails. */
  readonly brokenBy: unknown;
};
