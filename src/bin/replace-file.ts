import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Fault } from '../core/kit/fault.ts';

/**
 * Replaces a small file of the data directory: a crash or a full disk leaves the old one or the new one, never half of one.
 * Fault `store_full` where there is no room for it.
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const temporary = `${path}.new`;
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
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    throw new Fault('store_full', `Cannot write ${basename(path)} in ${dirname(path)}: the disk is full`, {
      retry: 'later',
      cause: error,
    });
  }
}
