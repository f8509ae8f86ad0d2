import { Fault } from '../../core/kit/fault.ts';

const busy = 5;
const corrupt = 11;
const full = 13;
const notADatabase = 26;
/** The extended code of a shared memory file that could not grow: a disk without a byte, met before anything is written. */
const sharedMemorySize = 10 | (19 << 8);

/** The primary result code that an error of `node:sqlite` comes to, or undefined for any other error. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  if (error.errcode === sharedMemorySize) return full;
  return error.errcode & 0xff;
}

/** Is this SQLite saying that another connection holds the file? */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === busy;
}

/**
 * Turns an error met while doing `action` ("open store …") into a `Fault`: `store_full`, `store_corrupt`,
 * `data_dir_in_use` or `store_failed`. A `Fault` stays what it is.
 */
export function sqliteFault(action: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  const because = error instanceof Error ? error.message : String(error);
  switch (primaryCode(error)) {
    case full:
      return new Fault('store_full', `Cannot ${action}: the disk is full`, { cause: error });
    case corrupt:
    case notADatabase:
      return new Fault('store_corrupt', `Cannot ${action}: the file is damaged (${because})`, {
        retry: 'never',
        cause: error,
      });
    case busy:
      return new Fault('data_dir_in_use', `Cannot ${action}: another process uses it`, {
        retry: 'never',
        cause: error,
      });
    default:
      return new Fault('store_failed', `Cannot ${action}: ${because}`, { cause: error });
  }
}
