import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, type DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/kit/fault.ts';
import { checkInThread } from './check-in-thread.ts';
import type { StorePosition } from './medium-rows.ts';
import { sqliteFault } from './sqlite-fault.ts';
import { makePrivateFile, storeName, syncDirectory, syncFile, withReadOnly } from './sqlite-file.ts';
import { readMeta } from './sqlite-schema.ts';

/** Pages copied at once by a backup: commits wait for at most this copy, below a millisecond. */
const backupPagesPerStep = 200;

/** Times a copy is begun anew. */
const copyAttemptsMax = 5;

/**
 * Node now and then ends a backup beside a transaction of the same connection with SQLite's code for no error at all: nothing is
 * wrong, and the copy is begun anew.
 */
async function copyTo(db: DatabaseSync, partial: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(partial + suffix, { force: true });
    makePrivateFile(partial);
    try {
      await backup(db, partial, { rate: backupPagesPerStep });
      return;
    } catch (error) {
      const isNone = (error as { readonly errcode?: unknown }).errcode === 0;
      if (!isNone || attempt === copyAttemptsMax) throw error;
    }
  }
}

/**
 * Copies the store as it is at some moment during the call to `target`, while writes go on, and checks the copy, in a thread
 * of its own: no commit waits for that. Faults: `backup_exists`, `backup_failed`, `store_full`.
 */
export async function backUp(db: DatabaseSync, name: string, target: string): Promise<StorePosition> {
  const action = `back up store ${name} to ${storeName(target)}`;
  const partial = `${target}.partial`;
  if (existsSync(target)) {
    throw new Fault('backup_exists', `Cannot ${action}: the file exists already`, { retry: 'never' });
  }
  try {
    await copyTo(db, partial);
    await checkInThread({ file: partial, newestVersion: Number.POSITIVE_INFINITY, action });
    const position = withReadOnly(partial, 'nobody', (copy) => ({
      epoch: readMeta(copy, 'epoch'),
      revision: readMeta(copy, 'revision'),
    }));
    syncFile(partial);
    renameSync(partial, target);
    syncDirectory(dirname(target));
    return position;
  } catch (error) {
    rmSync(partial, { force: true });
    const fault = sqliteFault(action, error);
    if (fault.code === 'store_full') throw fault;
    const because = error instanceof Error ? error.message : String(error);
    throw new Fault('backup_failed', `Cannot ${action}: ${because}`, { cause: error });
  }
}
