import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../core/kit/fault.ts';

const temporaryOf = (path: string): string => `${path}.new`;

/** Takes the file away, but not its room: on a full disk the next `replaceFile` of it finds that. */
export function withdrawFile(path: string): void {
  if (existsSync(path)) renameSync(path, temporaryOf(path));
}

/**
 * Replaces a small file of the data directory: a crash or a full disk leaves the old one or the new one, never half of one.
 * Fault `store_full` where there is no room for it.
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const temporary = temporaryOf(path);
  try {
    const descriptor = openSync(temporary, 'w', mode);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    if (!isFull(error)) throw error;
    throw new Fault('store_full', `Cannot write ${basename(path)} in ${dirname(path)}: the disk is full`, {
      retry: 'later',
      cause: error,
    });
  }
}

/** A file that is there for a moment only, unless its process is killed in it. */
const probeName = '.room';

/** Whether a small file has room in the directory. */
export function hasRoom(dir: string): boolean {
  const probe = join(dir, probeName);
  try {
    writeFileSync(probe, '?', { mode: 0o600 });
    return true;
  } catch (error) {
    if (!isFull(error)) throw error;
    return false;
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Whether the file system has no room, or the user has used up a share of it. */
export const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes(String((error as NodeJS.ErrnoException).code));
