import type { Clock } from './clock.ts';

/**
 * Waits `ms`, or until the signal aborts. For loops that look at their signals themselves right after: there an abort is what ends
 * the pause and not a failure, and a sleep rejects for nothing else.
 */
export function pause(clock: Pick<Clock, 'sleep'>, ms: number, signal: AbortSignal): Promise<void> {
  return clock.sleep(ms, signal).catch(() => undefined);
}
