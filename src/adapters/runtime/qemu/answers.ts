/**
 * Answers of a monitor, read strictly. A hypervisor that was taken over answers what it likes (spec §12): a text where a
 * number belongs would stop the reports of the whole node, a list of a million disks would fill the agent and the store.
 */
import { Fault } from '../../../core/kit/fault.ts';

/** No guest has more processors, devices or disks. */
const MAX_ITEMS = 1_024;
const MAX_NAME_CHARS = 256;
/** As much of its words about a refusal as is worth telling. */
const MAX_REASON_CHARS = 300;

export type Answer = Readonly<Record<string, unknown>>;

/** Fault `monitor_failed`, as from every reader here: it answered with something else. */
const odd = (what: string): Fault => new Fault('monitor_failed', `The monitor answered oddly about ${what}`);

export function readRecord(value: unknown, what: string): Answer {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw odd(what);
  return value as Answer;
}

export function readList(value: unknown, what: string): readonly Answer[] {
  if (!Array.isArray(value) || value.length > MAX_ITEMS) throw odd(what);
  return value.map((item) => readRecord(item, what));
}

/** A whole number that can be counted with. */
export function readCount(value: unknown, what: string, max: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) throw odd(what);
  return value;
}

/** A short text. */
export function readName(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.length > MAX_NAME_CHARS) throw odd(what);
  return value;
}

/** What it says of a refusal, as far as that can be shown to people. */
export function readReason(value: unknown): string {
  if (typeof value !== 'string') return 'no reason given';
  return printable(value.slice(0, MAX_REASON_CHARS));
}

/** Without control characters, which would steer the terminal of whoever reads it; lines stay lines. */
export const printable = (text: string): string => text.replaceAll(/[^\P{Cc}\n]/gu, '');
