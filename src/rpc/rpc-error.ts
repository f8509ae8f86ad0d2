import { withPlainStack } from './plain-error.ts';

/** The four kinds of exception of the protocol (rpc.capnp, `Exception.Type`), in their order on the wire. */
export const RPC_ERROR_TYPES = ['failed', 'overloaded', 'disconnected', 'unimplemented'] as const;

/**
 * - `failed`: the call ran into an error of its own; trying again will not help by itself.
 * - `overloaded`: a limit was hit; a later try may succeed.
 * - `disconnected`: the connection to the object is gone.
 * - `unimplemented`: the object does not have that method.
 */
export type RpcErrorType = (typeof RPC_ERROR_TYPES)[number];

export type RpcErrorOptions = {
  /** True when the peer reported it; false when it arose here. */
  readonly remote?: boolean;
  /** False only where it is certain that the method was not begun. Unsaid, it may have been. */
  readonly mayHaveRun?: boolean;
  readonly cause?: unknown;
};

/** What every failing call rejects with, unless its own `AbortSignal` ended it. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly type: RpcErrorType;
  readonly remote: boolean;
  /** False when the method was certainly not begun: refused by a limit before it, or lost before it left. */
  readonly mayHaveRun: boolean;

  constructor(type: RpcErrorType, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    withPlainStack(this);
    this.remote = options.remote ?? false;
    this.mayHaveRun = options.mayHaveRun ?? true;
  }

  get code(): string {
    return `rpc_${this.type}`;
  }

  /**
   * Whether the same call may be made again without being run twice: `later` for one that did not run and was refused
   * as overloaded or had no connection, `never` for everything else. Who knows a call to be idempotent may retry it
   * regardless.
   */
  get retry(): 'never' | 'later' {
    const passes = this.type === 'overloaded' || this.type === 'disconnected';
    return passes && !this.mayHaveRun ? 'later' : 'never';
  }
}

/** Whatever was thrown, as the error to send or to reject with. */
export function toRpcError(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  if (thrown instanceof Error) return new RpcError(typeOf(thrown), thrown.message, { cause: thrown });
  return new RpcError('failed', String(thrown), { cause: thrown });
}

/** What a method threw: it has run, whatever is true of the call of its own that it may have failed over. */
export function thrownByMethod(thrown: unknown): RpcError {
  return toldOfRunning(toRpcError(thrown), true);
}

/** Why a capability is broken, as the error of a call on it: that one was not begun. */
export function ofCallNotMade(brokenBy: unknown): unknown {
  return brokenBy instanceof RpcError ? toldOfRunning(brokenBy, false) : brokenBy;
}

function toldOfRunning(error: RpcError, mayHaveRun: boolean): RpcError {
  if (error.mayHaveRun === mayHaveRun) return error;
  return new RpcError(error.type, error.message, { remote: error.remote, mayHaveRun, cause: error });
}

/** A foreign error may carry an `rpcType` to say what peers should see. */
function typeOf(error: Error): RpcErrorType {
  const wanted = (error as { rpcType?: unknown }).rpcType;
  return RPC_ERROR_TYPES.find((type) => type === wanted) ?? 'failed';
}
