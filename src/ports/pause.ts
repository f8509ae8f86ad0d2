import type { Clock } from './clock.ts';

/**
 * Waits `ms`, or until the signal aborts. For loops that look at their signals themselves right after: there an abort is what ends
 * the pause and not a failure, and a sleep rejects for nothing else.
 */
export function pause(clock: Pick<Clock, 'sleep'>, ms: number, signal: AbortSignal): Promise<void> {
  return clock.sleep(ms, signal).catch(() => undefined);
}

/** Waits up to here are slept in one go: they end too late by a fifth of it at most. */
const atOnceMs = 1_000;

/**
 * Waits until the clock shows `at`, or until the signal aborts. While a correction is worked in (`steady-clock.ts`) a clock shows a
 * time up to a fifth sooner than the time that passes says: a long wait looks at it again on the way.
 */
export async function pauseUntil(clock: Pick<Clock, 'now' | 'sleep'>, at: number, signal: AbortSignal): Promise<void> {
  for (let left = at - clock.now(); left > 0 && !signal.aborted; left = at - clock.now()) {
    await pause(clock, left <= atOnceMs ? left : Math.ceil(left * 0.8), signal);
  }
}
