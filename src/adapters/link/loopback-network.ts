/** One message on its way. A call is a request and, if it arrives, an answer. */
export interface LinkMessage {
  readonly node: string;
  readonly direction: 'to_control' | 'to_node';
  readonly method: string;
  readonly leg: 'request' | 'answer';
}

/** What befalls a message. `duplicate` is for requests that are idempotent; for others it is a plain delivery. */
export type Fate =
  | { readonly kind: 'deliver' }
  /** Never arrives; both sides see the connection break `detectMs` later (a time-out of the transport). */
  | { readonly kind: 'lose'; readonly detectMs: number }
  | { readonly kind: 'duplicate' };

/** The interposed port of simulation. Time passes inside `carry`, so delay, jitter and partitions are its business. */
export interface LinkNetwork {
  /** Resolves when the message arrives (or is lost); the order of arrival is the order of delivery. */
  carry(message: LinkMessage): Promise<Fate>;
  /** Waits until a loss is noticed. */
  waitMs(ms: number): Promise<void>;
}

/** Everything arrives at once. */
export const perfectNetwork: LinkNetwork = {
  carry: async () => ({ kind: 'deliver' }),
  waitMs: async () => undefined,
};

/** Requests that a network may deliver twice: a second one changes nothing. */
export const idempotentMethods: ReadonlySet<string> = new Set(['getAssignment', 'report', 'converge', 'readLog']);
