/** Numbers and shapes of rpc.capnp that both reading and writing need. */
export const MESSAGE = {
  unimplemented: 0,
  abort: 1,
  call: 2,
  return: 3,
  finish: 4,
  resolve: 5,
  release: 6,
  obsoleteSave: 7,
  bootstrap: 8,
  disembargo: 13,
} as const;
export const RETURN = {
  results: 0,
  exception: 1,
  canceled: 2,
  resultsSentElsewhere: 3,
  takeFromOtherQuestion: 4,
} as const;
export const DESCRIPTOR = {
  none: 0,
  senderHosted: 1,
  senderPromise: 2,
  receiverHosted: 3,
  receiverAnswer: 4,
  thirdPartyHosted: 5,
} as const;
export const SEND_RESULTS_TO = { caller: 0, yourself: 1 } as const;
export const DISEMBARGO = { senderLoopback: 0, receiverLoopback: 1 } as const;

/**
 * What this implementation writes into an exception's `obsoleteDurability` to say that the method was not begun. Nobody
 * else reads that field any more, or ever wrote this number: of the refusals of others nobody can tell.
 */
export const NOT_BEGUN = 0x4e42;

/** Where a call is aimed: a capability of the peer, or one in an answer it has not sent. */
export type Target =
  | { readonly kind: 'import'; readonly id: number }
  | { readonly kind: 'answer'; readonly questionId: number; readonly path: readonly number[] };

/** A capability as a message tells of it. */
export type Descriptor =
  | { readonly which: 'none' }
  | { readonly which: 'senderHosted' | 'senderPromise' | 'receiverHosted'; readonly id: number }
  | { readonly which: 'receiverAnswer'; readonly questionId: number; readonly path: readonly number[] };
