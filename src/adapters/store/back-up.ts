import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, type DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/kit/fault.ts';
import { checkInThread } from './check-in-thread.ts';
import type { StorePosition } from './medium-rows.ts';
import { makePrivateFile, storeName, syncDirectory, syncFile, withReadOnly } from './sqlite-file.ts';
import { readMeta } from './sqlite-schema.ts';

/** Pages copied at once by a backup: commits wait for at most this copy, below a millisecond. */
const backupPagesPerStep = 200;

/**
 * Copies the store as it is at some moment during the call to `target`, while writes go on, and checks the copy, in a thread
 * of its own: no commit waits for that. Faults: `backup_exists`, `backup_failed`.
 */
export async function backUp(db: DatabaseSync, name: string, target: string): Promise<StorePosition> {
  const action = `back up store ${name} to ${storeName(target)}`;
  const partial = `${target}.partial`;
  if (existsSync(target)) {
    throw new Fault('backup_exists', `Cannot ${action}: the file exists already`, { retry: 'never' });
  }
  try {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(partial + suffix, { force: true });
    makePrivateFile(partial);
    await backup(db, partial, { rate: backupPagesPerStep });
    await checkInThread({ file: partial, newestVersion: Number.POSITIVE_INFINITY, action });
    const position = withReadOnly(partial, (copy) => ({
      epoch: readMeta(copy, 'epoch'),
      revision: readMeta(copy, 'revision'),
    }));
    syncFile(partial);
    renameSync(partial, target);
    syncDirectory(dirname(target));
    return position;
  } catch (error) {
    rmSync(partial, { force: true });
    const because = error instanceof Error ? error.message : String(error);
    throw new Fault('backup_failed', `Cannot ${action}: ${because}`, { cause: error });
  }
}
