/**
 * Limits of one connection. Each bounds what a peer, broken or hostile, can cost; what is exceeded is said in the
 * reason of the abort or of the refused call.
 */
export type RpcLimits = {
  /** Largest message accepted, in bytes with its segment table. More: abort. */
  readonly frameBytes: number;
  /** Most segments of one message. More: abort. */
  readonly segments: number;
  /** Words followed through pointers while one message is read, repeats counted (amplification). More: abort. */
  readonly traversalWords: number;
  /** Depth of pointers in one message. More: abort. */
  readonly nesting: number;
  /** Calls of the peer that may run here at once. More: the call is refused as overloaded. */
  readonly inFlightCalls: number;
  /** Bytes of parameters held by calls that run here. More: the call is refused as overloaded. */
  readonly inFlightBytes: number;
  /** Our calls that wait for an answer. More: the call is refused here as overloaded. */
  readonly questions: number;
  /** Answers the peer has not finished. More: abort. */
  readonly answers: number;
  /** Capabilities of ours the peer holds. More: the message that would export another is refused as overloaded. */
  readonly exports: number;
  /** Capabilities of the peer we hold. More: abort. */
  readonly imports: number;
  /** Embargoes we wait for. More: abort. */
  readonly embargoes: number;
  /** Capabilities in one message, and steps of a promised answer's path. More: abort. */
  readonly capsPerMessage: number;
  /** Bytes waiting for a peer that does not read. From half of it on calls are refused; beyond it: abort. */
  readonly outboundBytes: number;
  /** Bytes of streaming calls per capability that may be unacknowledged; the next waits. */
  readonly streamWindowBytes: number;
  /** Longest reason of an exception sent or kept, in UTF-16 units; the rest is cut. */
  readonly reasonChars: number;
  /** Silence after which a sign of life is asked for, in ms. 0: never. */
  readonly keepAliveMs: number;
  /** Time for that sign of life to come, in ms; then the connection is given up. */
  readonly keepAliveTimeoutMs: number;
  /** Time without any call or capability in use after which the connection is closed, in ms. 0: never. */
  readonly idleMs: number;
  /** Time for the last bytes to be flushed when closing, in ms; then the stream is destroyed. */
  readonly closeMs: number;
};

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: RpcLimits = {
  frameBytes: 64 * MIB,
  segments: 512,
  traversalWords: 8 * MIB,
  nesting: 64,
  inFlightCalls: 1_000,
  inFlightBytes: 64 * MIB,
  questions: 10_000,
  answers: 10_000,
  exports: 100_000,
  imports: 100_000,
  embargoes: 10_000,
  capsPerMessage: 10_000,
  outboundBytes: 128 * MIB,
  streamWindowBytes: 64 * 1024,
  reasonChars: 4_096,
  keepAliveMs: 0,
  keepAliveTimeoutMs: 10_000,
  idleMs: 0,
  closeMs: 2_000,
};
