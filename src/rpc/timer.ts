/** The only clock of this layer. Tests and simulations pass their own. */
export type RpcTimer = {
  /** Milliseconds from any fixed point; never goes back. */
  now(): number;
  /** Runs `fn` once after `ms`. The answer takes it back. Never keeps the process alive. */
  after(ms: number, fn: () => void): () => void;
};

export const realTimer: RpcTimer = {
  now: () => performance.now(),
  after(ms, fn) {
    const timeout = setTimeout(fn, ms);
    timeout.unref();
    return () => clearTimeout(timeout);
  },
};
