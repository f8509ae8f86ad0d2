import type { TimeMs } from '../kit/brand.ts';

/** Time of day in UTC for sentences: `09:21:47`. */
export function clockText(at: TimeMs): string {
  return new Date(at).toISOString().slice(11, 19);
}

/** A wall-clock time as documents print it, in UTC with milliseconds. */
export function timeText(at: TimeMs): string {
  return new Date(at).toISOString();
}
