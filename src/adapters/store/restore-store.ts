import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { Fault, faultCode } from '../../core/kit/fault.ts';
import { checkInThread } from './check-in-thread.ts';
import { lockDataDir } from './data-dir-lock.ts';
import type { StorePosition } from './medium-rows.ts';
import { sqliteFault } from './sqlite-fault.ts';
import {
  hasLog,
  makePrivateFile,
  openReadOnly,
  storeName,
  syncDirectory,
  syncFile,
  withReadOnly,
} from './sqlite-file.ts';
import { openSqliteMedium } from './sqlite-medium.ts';
import { migrations, readMeta } from './sqlite-schema.ts';

/** What a restore did. */
export interface RestoredStore extends StorePosition {
  /** Path under which the store that was there before is kept, where there was one. */
  readonly replaced: string | undefined;
}

/**
 * Puts a backup in the place of the store at `targetFile`, which no process may be using.
 *
 * The backup is checked whole first and is only read. The new epoch is above the backup's and the replaced store's, and
 * not below the wall clock in seconds: restoring one backup twice, after losing the disk in between, must not give two
 * different histories the same epoch (spec §9). The replaced store is kept beside it. At every moment of the call the
 * target is the old store or the new one.
 *
 * Faults: `data_dir_in_use`; `store_foreign`, `backup_damaged`, `store_newer` about the backup; `store_foreign` about a
 * target that is not a store; `store_full`, `store_failed`.
 */
export async function restoreStore(
  backupFile: string,
  targetFile: string,
  options: { readonly nowMs?: number } = {},
): Promise<RestoredStore> {
  const action = `restore store ${storeName(targetFile)} from ${storeName(backupFile)}`;
  const fresh = `${targetFile}.restoring`;
  mkdirSync(dirname(targetFile), { recursive: true, mode: 0o700 });
  const lock = lockDataDir(dirname(targetFile));
  try {
    await checkBackup(backupFile, `restore from ${storeName(backupFile)}`);
    const oldEpoch = await settleTarget(targetFile);
    await copyStore(backupFile, fresh);
    const restored = raiseEpoch(fresh, Math.max(oldEpoch + 1, Math.floor((options.nowMs ?? Date.now()) / 1_000)));
    const replaced = setAside(targetFile, restored.epoch);
    renameSync(fresh, targetFile);
    syncDirectory(dirname(targetFile));
    return { ...restored, replaced };
  } catch (error) {
    removeDatabase(fresh);
    throw sqliteFault(action, error);
  } finally {
    lock.release();
  }
}

/**
 * Is this a sound backup that this version can restore? Read whole, beside the caller's loop. Faults: `store_foreign`,
 * `backup_damaged`, `store_newer`.
 */
export async function checkBackup(file: string, action: string): Promise<void> {
  try {
    await checkInThread({ file, newestVersion: migrations.length + 1, action });
  } catch (error) {
    // `store_corrupt` is about the store that a control plane lives from: its advice is to restore a backup.
    if (!(error instanceof Fault) || error.code !== 'store_corrupt') throw error;
    throw new Fault('backup_damaged', error.message, { retry: 'never', cause: error });
  }
}

/** Folds the target's log into it where it is sound, and returns its epoch, or 0 where there is none to be had. */
async function settleTarget(file: string): Promise<number> {
  if (!existsSync(file)) return 0;
  try {
    const medium = openSqliteMedium({ file }, 'here');
    const { epoch } = medium.head();
    await medium.close();
    return epoch;
  } catch (error) {
    switch (faultCode(error)) {
      case 'store_corrupt':
      case 'store_newer':
        // The usual reasons to restore. The file is set aside as it is.
        return epochOfUnusable(file);
      default:
        throw error;
    }
  }
}

function epochOfUnusable(file: string): number {
  try {
    return withReadOnly(file, 'nobody', (db) => readMeta(db, 'epoch'));
  } catch {
    return 0;
  }
}

async function copyStore(from: string, to: string): Promise<void> {
  removeDatabase(to);
  makePrivateFile(to);
  // Through SQLite, because a backup that somebody copied by hand may have a log of its own.
  const { db, close } = openReadOnly(from, 'anybody');
  try {
    await backup(db, to);
  } finally {
    close();
  }
}

/** Sets the epoch to at least `atLeast` and above what the file has. */
function raiseEpoch(file: string, atLeast: number): StorePosition {
  const db = new DatabaseSync(file);
  try {
    const epoch = Math.max(readMeta(db, 'epoch') + 1, atLeast);
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
    db.prepare("UPDATE meta SET number = ? WHERE name = 'epoch'").run(epoch);
    return { epoch, revision: readMeta(db, 'revision') };
  } finally {
    db.close();
    syncFile(file);
  }
}

/** Keeps the target under another name without taking its own name away, and removes its log from the new store's way. */
function setAside(file: string, epoch: number): string | undefined {
  const aside = `${file}.replaced-by-epoch-${epoch}`;
  const there = existsSync(file);
  if (there) linkSync(file, aside);
  if (hasLog(file)) renameSync(`${file}-wal`, `${aside}-wal`);
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
  return there ? aside : undefined;
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}
