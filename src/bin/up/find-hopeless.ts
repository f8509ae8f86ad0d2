import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../core/kit/fault.ts';

/**
 * Why a process of `up` ended, where starting it again cannot help: what it needs is damaged, foreign, of a newer version or
 * taken. `data_dir_in_use` is not among them: the process before it may still be about to end.
 */
const hopelessCodes = ['store_corrupt', 'store_foreign', 'store_newer', 'journal_corrupt', 'address_in_use'];

/** The error that a process ended with, from the end of its log; null where another start may help. */
export function findHopeless(dataDir: string, name: string): Fault | null {
  const file = join(dataDir, `${name}.log`);
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  // What the process said after its last line of log is the error that it ended with.
  const words = lines.slice(lines.findLastIndex((line) => line.startsWith('{')) + 1);
  const last = words.findLast((line) => line.startsWith('Error: ')) ?? '';
  const [, message, code] = /^Error: (.*) \((\w+)\)$/.exec(last) ?? [];
  if (message === undefined || code === undefined || !hopelessCodes.includes(code)) return null;
  return new Fault(code, `Cannot start the ${name}: ${message}`, { retry: 'never' });
}
