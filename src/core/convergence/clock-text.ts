import type { TimeMs } from '../kit/brand.ts';

const minuteMs = 60_000;
const minutesOfDay = 1_440;

/** Time of day in UTC for sentences: `09:21:47`. */
export function clockText(at: TimeMs): string {
  return timeText(at).slice(-13, -5);
}

/** A wall-clock time as documents print it, in UTC with milliseconds. Documents are full of them. */
export function timeText(at: TimeMs): string {
  const minute = Math.floor(at / minuteMs);
  const ofMinute = Math.floor(at - minute * minuteMs);
  const second = Math.floor(ofMinute / 1000);
  return minuteText(minute) + (secondTexts[second] as string) + (milliTexts[ofMinute - second * 1000] as string);
}

/** `00.` to `59.`, and `000Z` to `999Z`. */
const secondTexts = Array.from({ length: 60 }, (_, second) => `${String(second).padStart(2, '0')}.`);
const milliTexts = Array.from({ length: 1000 }, (_, milli) => `${String(milli).padStart(3, '0')}Z`);

/**
 * Prints numbers of days or minutes and keeps the texts, each at the place that the last bits of its number name: times of documents
 * lie close together, and to find a date in the calendar costs more than all the rest. `kept`: a power of two.
 */
function keepingTexts(kept: number, print: (number: number) => string): (number: number) => string {
  const numbers = new Array<number>(kept).fill(Number.NaN);
  const texts = new Array<string>(kept).fill('');
  return (number) => {
    const place = number & (kept - 1);
    if (numbers[place] !== number) {
      texts[place] = print(number);
      numbers[place] = number;
    }
    return texts[place] as string;
  };
}

/** `2026-11-27T` */
const dayText = keepingTexts(64, (day) =>
  new Date(day * minutesOfDay * minuteMs).toISOString().slice(0, -'00:00:00.000Z'.length),
);

/** `2026-11-27T09:21:` */
const minuteText = keepingTexts(64, (minute) => {
  const day = Math.floor(minute / minutesOfDay);
  const ofDay = minute - day * minutesOfDay;
  const hour = Math.floor(ofDay / 60);
  return `${dayText(day)}${twoDigits(hour)}:${twoDigits(ofDay - hour * 60)}:`;
});

const twoDigits = (number: number): string => (number < 10 ? `0${number}` : String(number));
