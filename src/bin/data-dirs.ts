import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where an `up` of this machine keeps its data, best first: as told, below a checkout, below the home directory. */
export function dataDirs(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const told = env['HOLDFAST_DATA_DIR'];
  const checkout = import.meta.url.endsWith('.ts') ? [fileURLToPath(new URL('../../.data', import.meta.url))] : [];
  return [...(told === undefined || told === '' ? [] : [told]), ...checkout, join(homedir(), '.local/share/holdfast')];
}

/** The directory that `up` and `server` use when none is named. */
export function defaultDataDir(env: Readonly<Record<string, string | undefined>>): string {
  return dataDirs(env)[0] ?? '.data';
}
