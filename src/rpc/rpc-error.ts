import { withPlainStack } from './plain-error.ts';

/** The four kinds of exception of the protocol (rpc.capnp, `Exception.Type`), in their order on the wire. */
export const RPC_ERROR_TYPES = ['failed', 'overloaded', 'disconnected', 'unimplemented'] as const;

/**
 * - `failed`: the call ran into an error of its own; trying again will not help by itself.
 * - `overloaded`: a limit was hit; nothing was run, a later try may succeed.
 * - `disconnected`: the connection to the object is gone.
 * - `unimplemented`: the object does not have that method.
 */
export type RpcErrorType = (typeof RPC_ERROR_TYPES)[number];

export type RpcErrorOptions = {
  /** True when the peer reported it; false when it arose here. */
  readonly remote?: boolean;
  /** Only meaningful for `disconnected`: the call had been handed to the transport, so the peer may have run it. */
  readonly mayHaveRun?: boolean;
  readonly cause?: unknown;
};

/** What every failing call rejects with, unless its own `AbortSignal` ended it. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly type: RpcErrorType;
  readonly remote: boolean;
  readonly mayHaveRun: boolean;

  constructor(type: RpcErrorType, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    withPlainStack(this);
    this.remote = options.remote ?? false;
    this.mayHaveRun = options.mayHaveRun ?? (type === 'failed' || this.remote);
  }

  get code(): string {
    return `rpc_${this.type}`;
  }

  /**
   * Whether the same call may be made again without being run twice: `later` for a call refused as overloaded or lost
   * before it left, `never` for everything else. A caller that knows its call to be idempotent may retry regardless.
   */
  get retry(): 'never' | 'later' {
    if (this.type === 'overloaded') return 'later';
    return this.type === 'disconnected' && !this.mayHaveRun ? 'later' : 'never';
  }
}

/** Whatever was thrown, as the error to send or to reject with. */
export function toRpcError(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  if (thrown instanceof Error) return new RpcError(typeOf(thrown), thrown.message, { cause: thrown });
  return new RpcError('failed', String(thrown), { cause: thrown });
}

/** A foreign error may carry an `rpcType` to say what peers should see. */
function typeOf(error: Error): RpcErrorType {
  const wanted = (error as { rpcType?: unknown }).rpcType;
  return RPC_ERROR_TYPES.find((type) => type === wanted) ?? 'failed';
}
