import { accessSync, constants, mkdirSync } from 'node:fs';
import { Fault } from '../core/kit/fault.ts';

/** Makes a data directory that is not there yet. Fault `data_dir_unusable` where it cannot be made or written to. */
export function ensureDataDir(dir: string, mode: number): void {
  try {
    mkdirSync(dir, { recursive: true, mode });
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const words: Readonly<Record<string, string>> = {
      EACCES: 'no permission',
      EPERM: 'no permission',
      EROFS: 'the file system is read-only',
      ENOTDIR: 'a part of the path is no directory',
      EEXIST: 'it is no directory',
      ENOSPC: 'the disk is full',
    };
    throw new Fault('data_dir_unusable', `Cannot use the data directory ${dir}: ${words[code] ?? code}`, {
      retry: 'never',
      cause: error,
    });
  }
}
