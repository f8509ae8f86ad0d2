import { Fault } from '../core/kit/fault.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** A day: a longer wait is a mistake, and a script that means it repeats the command. */
const longestMs = 86_400_000;

/** `30` and `30s` are seconds; also `500ms`, `5m`, `1h30m`. Refuses with the name of the flag. */
export function parseDuration(text: string, flag: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  const whole = parts.map(([part]) => part).join('');
  const total = /^\d+$/.test(text)
    ? Number(text) * 1_000
    : parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN), 0);
  const read = /^\d+$/.test(text) || (whole === text && whole !== '');
  if (read && total <= longestMs) return total;
  throw new Fault('usage', `${flag} is a time such as 30s, 5m or 1h, at most 24h, not '${text}'`);
}
