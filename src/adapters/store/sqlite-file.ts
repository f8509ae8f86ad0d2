/**
 * Everything that happens to a store's file before it is written to: is it there, is it ours, is it sound, which version.
 * What is not ours, damaged or from the future is refused and left as it was, byte for byte (checks are read-only).
 *
 * Plain `fs` calls touch the file only here, before any connection to it exists in this process: see `data-dir-lock.ts`.
 */
import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Fault } from '../../core/kit/fault.ts';
import { holdsCommit } from './log-commits.ts';
import { sqliteFault } from './sqlite-fault.ts';
import { applicationId, createSchema, type Migration, readPragma } from './sqlite-schema.ts';

const magic = 'SQLite format 3\0';
const headerBytes = 100;
const userVersionAt = 60;
const applicationIdAt = 68;
const logMagicBytes = 4;

/** The name of a store for messages: without its directory (spec S7). */
export const storeName = (file: string): string => `"${basename(file)}"`;

/** Who else may have a file open: nobody, where the caller holds the lock of its directory. */
export type OtherUsers = 'nobody' | 'anybody';

/**
 * Is `file` a sound store of a version up to `newestVersion`? Returns its version. Throws `store_foreign`,
 * `store_corrupt` or `store_newer`; the file, and what lies beside it, is as before.
 */
export function checkStoreFile(
  file: string,
  newestVersion: number,
  how: { readonly others: OtherUsers; readonly depth: 'quick_check' | 'integrity_check' },
  action = `open store ${storeName(file)}`,
): number {
  checkHeader(file, action, newestVersion);
  const { depth, others } = how;
  return withReadOnly(file, others, (db) => {
    try {
      const answer = db.prepare(`PRAGMA ${depth}(1)`).get();
      if (answer?.[depth] !== 'ok') throw corrupt(action, String(answer?.[depth]));
      // The header may be behind the write-ahead log: ask again through SQLite.
      const version = readPragma(db, 'user_version');
      if (version > newestVersion) throw newer(action, version, newestVersion);
      if (version < 1) throw corrupt(action, `version ${version}`);
      return version;
    } catch (error) {
      throw sqliteFault(action, error);
    }
  });
}

/** Runs `read` on a read-only connection that leaves no files behind. */
export function withReadOnly<T>(file: string, others: OtherUsers, read: (db: DatabaseSync) => T): T {
  const { db, close } = openReadOnly(file, others);
  try {
    return read(db);
  } catch (error) {
    throw sqliteFault(`read store ${storeName(file)}`, error);
  } finally {
    close();
  }
}

/**
 * A read-only connection; `close` removes the side files that it needed. With a log, SQLite keeps what it shares with other
 * connections in a file beside it, for which a full disk has no room: where there are no others it takes no locks, and none
 * of that.
 */
export function openReadOnly(file: string, others: OtherUsers): { readonly db: DatabaseSync; close(): void } {
  const shm = `${file}-shm`;
  const hadShm = existsSync(shm);
  const url = pathToFileURL(file);
  // Without a log there is nothing to share either. One that holds nothing is removed by who thinks to be alone: it is left unread.
  const isAlone = others === 'nobody';
  if (!hasLog(file) || (isAlone && !holdsCommit(`${file}-wal`))) url.searchParams.set('immutable', '1');
  else if (isAlone) url.searchParams.set('vfs', 'unix-none');
  const db = new DatabaseSync(url, { readOnly: true });
  if (isAlone) db.exec('PRAGMA locking_mode = EXCLUSIVE');
  return {
    db,
    close() {
      db.close();
      if (!hadShm) rmSync(shm, { force: true });
    },
  };
}

/** Is there a write-ahead log that was written to? `fillLog` leaves zeros, which SQLite takes for none. */
export function hasLog(file: string): boolean {
  return existsSync(`${file}-wal`) && readHead(`${file}-wal`, logMagicBytes).some((byte) => byte !== 0);
}

/** An empty file that SQLite takes for a new database, which nobody else can read from its first byte on. */
export function makePrivateFile(file: string): void {
  closeSync(openSync(file, 'wx', 0o600));
}

/** Creates an empty store at `file` so that it exists whole or not at all. */
export function createStoreFile(file: string): void {
  const action = `create store ${storeName(file)}`;
  // SQLite would replay a log it finds, whatever database it belonged to.
  if (hasLog(file)) throw corrupt(action, 'a write-ahead log is there without its database');
  const fresh = `${file}.new`;
  try {
    for (const suffix of ['', '-journal']) rmSync(fresh + suffix, { force: true });
    makePrivateFile(fresh);
    const db = new DatabaseSync(fresh);
    try {
      createSchema(db);
    } finally {
      db.close();
    }
    renameSync(fresh, file);
    syncDirectory(dirname(file));
  } catch (error) {
    throw sqliteFault(action, error);
  }
}

/** Copies the store, then brings it to the newest version in one transaction. `version` is where it is. */
export function migrateStoreFile(file: string, version: number, migrations: readonly Migration[]): void {
  const action = `migrate store ${storeName(file)} from version ${version}`;
  const kept = `${file}.v${version}.backup`;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    db.exec('PRAGMA synchronous = FULL');
    rmSync(`${kept}.partial`, { force: true });
    makePrivateFile(`${kept}.partial`);
    db.prepare('VACUUM INTO ?').run(`${kept}.partial`);
    syncFile(`${kept}.partial`);
    renameSync(`${kept}.partial`, kept);
    syncDirectory(dirname(file));
    db.exec('BEGIN IMMEDIATE');
    for (const migrate of migrations.slice(version - 1)) migrate(db);
    db.exec(`PRAGMA user_version = ${migrations.length + 1}; COMMIT`);
  } catch (error) {
    throw sqliteFault(action, error);
  } finally {
    // An open transaction ends with its connection.
    db?.close();
  }
}

/** Makes the content of a file that no connection uses durable. */
export function syncFile(file: string): void {
  const fd = openSync(file, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes the names in a directory durable. */
export const syncDirectory = syncFile;

function checkHeader(file: string, action: string, newestVersion: number): void {
  if (statSync(file).size === 0) throw corrupt(action, 'the file is empty');
  const header = readHead(file, headerBytes);
  const isSqlite = header.toString('latin1', 0, magic.length) === magic;
  if (!isSqlite || header.readUInt32BE(applicationIdAt) !== applicationId) {
    throw new Fault('store_foreign', `Cannot ${action}: the file is not a Holdfast store`, { retry: 'never' });
  }
  const version = header.readUInt32BE(userVersionAt);
  if (version > newestVersion) throw newer(action, version, newestVersion);
}

/** The first bytes of a file; zeros where it is shorter. */
function readHead(file: string, length: number): Buffer {
  const head = Buffer.alloc(length);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, head, 0, length, 0);
    return head;
  } finally {
    closeSync(fd);
  }
}

function corrupt(action: string, because: string): Fault {
  return new Fault('store_corrupt', `Cannot ${action}: the file is damaged (${because})`, { retry: 'never' });
}

function newer(action: string, version: number, newestVersion: number): Fault {
  const because = `it has version ${version}, this Holdfast knows versions up to ${newestVersion}`;
  return new Fault('store_newer', `Cannot ${action}: ${because}`, {
    retry: 'never',
    details: { version, newest_version: newestVersion },
  });
}
