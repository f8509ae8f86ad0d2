import type { TimeMs } from '../kit/brand.ts';

const dayMs = 86_400_000;

/**
 * The date printed last: most times are of the same day, and finding a date in the calendar costs more than all the rest.
 */
let date = { day: Number.NaN, text: '' };

/** Time of day in UTC for sentences: `09:21:47`. */
export function clockText(at: TimeMs): string {
  return timeText(at).slice(-13, -5);
}

/** A wall-clock time as documents print it, in UTC with milliseconds. Documents are full of them. */
export function timeText(at: TimeMs): string {
  const day = Math.floor(at / dayMs);
  if (day !== date.day) date = { day, text: new Date(at).toISOString().slice(0, -'00:00:00.000Z'.length) };
  const ofDay = at - day * dayMs;
  const seconds = Math.floor(ofDay / 1000);
  const minutes = Math.floor(seconds / 60);
  const time = `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`;
  return `${date.text}${time}.${String(Math.floor(ofDay % 1000)).padStart(3, '0')}Z`;
}

const twoDigits = (number: number): string => (number < 10 ? `0${number}` : String(number));
