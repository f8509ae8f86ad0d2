/**
 * Clocks of two machines are never compared: times of a node by which something is judged here (deadlines of waiters, since
 * when a monitor is silent, when something is tried again) are moved by what its clock differs from ours. How much that is
 * shows in its reports.
 */
import type { TimeMs } from '../core/kit/brand.ts';
import type { ObservedInstance } from '../core/node/observation.ts';

/**
 * Smaller differences come from the delay of messages, not from the clocks; they are left alone, so that equal reports stay
 * equal.
 */
const skewNoticedMs = 2_000;

/**
 * Own clock minus the node's after one more report: what is known stands, unless this report shows a noticeably different
 * one.
 */
export function nextSkew(known: number | null, sentAt: number, now: number): number {
  const seen = now - sentAt;
  if (known === null || Math.abs(seen - known) >= skewNoticedMs) return Math.abs(seen) < skewNoticedMs ? 0 : seen;
  return known;
}

/** The observation with those times by our clock. */
export function inOwnTime(instance: ObservedInstance, skewMs: number): ObservedInstance {
  if (skewMs === 0) return instance;
  const ours = (time: TimeMs | null): TimeMs | null => (time === null ? null : time + skewMs);
  const { waiting, silentSince, restart, operationError } = instance;
  return {
    ...instance,
    silentSince: ours(silentSince),
    restart: { ...restart, nextAt: ours(restart.nextAt) },
    operationError: operationError === null ? null : { ...operationError, retryAt: ours(operationError.retryAt) },
    waiting:
      waiting === null ? null : { ...waiting, since: waiting.since + skewMs, deadline: waiting.deadline + skewMs },
  };
}
