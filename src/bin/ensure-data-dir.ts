import { accessSync, constants, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Fault } from '../core/kit/fault.ts';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOENT: 'the file system makes no directories there',
  ENOTDIR: 'a part of the path is no directory',
  EEXIST: 'it is no directory',
  ENOSPC: 'the disk is full',
};

/**
 * Makes a data directory that is not there yet. Fault `data_dir_unusable` where it cannot be made or written to, or is somebody
 * else's: root's files in it would keep its owner out for good, as a restore for a service that has a user of its own; and its
 * owner could put other files, or another control plane, in the place of ours.
 */
export function ensureDataDir(dir: string, mode: number): void {
  let owner: number;
  try {
    makeDir(resolve(dir), mode);
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    owner = statSync(dir).uid;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Fault('data_dir_unusable', `Cannot use the data directory ${dir}: ${reasons[code] ?? code}`, {
      retry: 'never',
      cause: error,
    });
  }
  const own = process.geteuid?.() ?? owner;
  if (owner === own) return;
  throw new Fault(
    'data_dir_unusable',
    `Cannot use the data directory ${dir}: it is of user ${owner}, this is user ${own}`,
    {
      retry: 'never',
      details: {
        next_action: 'Run it as that user, or give the directory and all that is in it to this one (chown -R)',
      },
    },
  );
}

/**
 * One directory after the other: `mkdirSync` with `recursive` never ends on a file system that says ENOENT below a directory
 * that is there, as /proc does.
 */
export function makeDir(dir: string, mode: number): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(dir);
  if (!existsSync(parent)) makeDir(parent, mode);
  try {
    mkdirSync(dir, { mode });
  } catch (error) {
    // Another process made it meanwhile.
    const made = statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true;
    if (!made) throw error;
  }
}

/**
 * A directory below one that everybody may write to. Who had made it before us could put another control plane in the place
 * of ours, for the agent to obey. Fault `data_dir_unusable`.
 */
export function ensureOwnDir(dir: string): void {
  ensureDataDir(dir, 0o700);
  const found = lstatSync(dir);
  const isOwn = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  if (isOwn) return;
  throw new Fault('data_dir_unusable', `Cannot use ${dir} for sockets: it is somebody else's, or open to others`, {
    retry: 'never',
  });
}
