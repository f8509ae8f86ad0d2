import { chmodSync, closeSync, lstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/kit/fault.ts';
import { isBusy, sqliteFault } from './sqlite-fault.ts';

/** Where SQLite locks a file; above what it writes of it. */
const firstLockedByte = 0x40000000;

/** Name of the lock's file in the data directory. Nothing but `lockDataDir` may ever open it: see there. */
export const lockFileName = 'lock.db';

/** The data directory is ours until `release`, or until the process ends in whatever way. */
export interface DataDirLock {
  release(): void;
}

/**
 * Takes a data directory for this process; throws the Fault `data_dir_in_use` when another has it.
 *
 * The lock is an exclusive SQLite transaction that is never ended: the kernel drops it with the process, so there is no
 * stale file and no pid to prove. It has a file of its own because POSIX locks die when the process closes *any*
 * descriptor of the file: one plain read of a locked file would silently let a second process in.
 */
export function lockDataDir(dir: string): DataDirLock {
  const action = `take the data directory ${dir}`;
  let db: DatabaseSync | undefined;
  try {
    closeToOthers(join(dir, lockFileName));
    db = new DatabaseSync(join(dir, lockFileName), { timeout: 0 });
    // Nothing is ever written, so the file stays empty and cannot be damaged; `MEMORY` leaves no journal beside it.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    if (!isBusy(error)) throw sqliteFault(action, error);
    const holder = findHolder(join(dir, lockFileName));
    const who = holder === null ? 'another process' : `process ${holder}`;
    throw new Fault('data_dir_in_use', `Cannot ${action}: ${who} holds its lock`, {
      retry: 'never',
      cause: error,
    });
  }
  const held = db;
  return { release: () => held.close() };
}

/**
 * Whoever may read a file may lock it: in a data directory that others may enter, any user of the host could keep its owner
 * out. Opened only where there was none, which nobody can hold.
 */
function closeToOthers(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // What else stands in the way is told by who opens it for good.
    if (code === 'EEXIST' && lstatSync(file).isFile()) chmodSync(file, 0o600);
  }
}

/** The process that holds SQLite's lock of the file; null where the kernel does not say, as for one of another name space. */
function findHolder(file: string): number | null {
  try {
    const { ino } = statSync(file);
    // `1: POSIX  ADVISORY  WRITE 4321 fe:00:9994465 1073741824 1073742335`
    const held = new RegExp(`POSIX +ADVISORY +WRITE +([1-9][0-9]*) +[0-9a-f:]+:${ino} +${firstLockedByte} `);
    const [, pid] = held.exec(readFileSync('/proc/locks', 'utf8')) ?? [];
    return pid === undefined ? null : Number(pid);
  } catch {
    return null;
  }
}
