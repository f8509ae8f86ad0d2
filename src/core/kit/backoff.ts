/** Shape of an exponential backoff. Times in milliseconds. */
export interface BackoffPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Share of the delay that chance may take away, 0..1. Spreads retries of many instances. */
  readonly jitter: number;
}

/** Restart and retry backoff of instances: 1 s … 5 min with jitter (spec §2 retry classes, §3 restart policy). */
export const instanceBackoff: BackoffPolicy = { baseMs: 1_000, maxMs: 300_000, jitter: 0.2 };

/** The backoff starts anew after an instance was healthy this long (spec §3). */
export const backoffResetAfterMs = 600_000;

/**
 * Delay before attempt number `attempt` (1 = the first retry).
 * `chance` is a number in [0, 1) handed in by the caller, so that the function stays pure.
 */
export function backoffDelayMs(policy: BackoffPolicy, attempt: number, chance: number): number {
  const exponent = Math.min(Math.max(attempt, 1) - 1, 30);
  const full = Math.min(policy.baseMs * 2 ** exponent, policy.maxMs);
  return Math.round(full * (1 - policy.jitter * chance));
}
