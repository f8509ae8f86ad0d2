import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';
import { Fault } from '../../core/kit/fault.ts';
import { fillLog } from './log-file.ts';
import { sqliteFault } from './sqlite-fault.ts';
import {
  checkStoreFile,
  createStoreFile,
  migrateStoreFile,
  storeName,
  syncDirectory,
  syncFile,
  withReadOnly,
} from './sqlite-file.ts';
import { changesPerRevision, type Migration, migrations as ourMigrations, readMeta } from './sqlite-schema.ts';

/** Pages in the write-ahead log at which a commit checkpoints by itself: 16 MB, so that it happens rarely under load. */
const autoCheckpointPages = 4_000;

/** The log's file is cut to this size after a checkpoint, so that one burst does not occupy the disk for ever. */
const logSizeLimitBytes = 64 * 1024 * 1024;

/** Without a write for so long, and with so many changes in the log, a checkpoint is made before the next burst. */
const idleCheckpointAfterMs = 500;
const idleCheckpointChanges = 256;

/** Pages copied at once by a backup: commits wait for at most this copy, below a millisecond. */
const backupPagesPerStep = 200;

/** Rows per chunk when a store is loaded: bounds the copy that goes through the message port. */
const loadRowsPerChunk = 1_000;

/** How a database is opened. Everything but `file` is for tests and benchmarks. */
export interface MediumConfig {
  readonly file: string;
  /** Waits so long after each commit, as a slow disk's sync would. */
  readonly syncDelayMs?: number | undefined;
  /** `OFF` breaks durability, for the test that must notice. */
  readonly synchronous?: 'OFF' | undefined;
  /** SQLite reports a full disk beyond so many pages. */
  readonly maxPageCount?: number | undefined;
  /** Instead of `autoCheckpointPages`, so that a short test meets checkpoints. */
  readonly checkpointPages?: number | undefined;
}

/** A change as it is written: revision, key, value (null: deleted), createRevision. */
export type ChangeRow = readonly [revision: number, key: string, text: string | null, createRevision: number];

/** One transaction: at least one row, in order of revision. */
export interface RowBatch {
  readonly rows: readonly ChangeRow[];
  readonly pruneThrough: number;
}

/** key, value, modRevision, createRevision */
export type EntryRow = readonly [key: string, text: string, modRevision: number, createRevision: number];

/** revision, key, and the entry before: value, modRevision, createRevision (null: there was none) */
export type PastRow = readonly [
  revision: number,
  key: string,
  text: string | null,
  modRevision: number | null,
  createRevision: number | null,
];

/** A piece of what the database holds. */
export interface LoadChunk {
  readonly entries: readonly EntryRow[];
  readonly changes: readonly PastRow[];
}

/** Where a store or a backup of it stands. */
export interface StorePosition {
  readonly epoch: number;
  readonly revision: number;
}

/** The numbers of `meta`. */
export interface MediumHead extends StorePosition {
  readonly oldestRevision: number;
}

/**
 * Checks, creates or migrates the file and opens it. The caller holds the data directory's lock.
 * Throws `store_foreign`, `store_corrupt`, `store_newer`, `data_dir_in_use`, `store_full` or `store_failed`.
 */
export function openSqliteMedium(config: MediumConfig, migrations: readonly Migration[] = ourMigrations): SqliteMedium {
  const { file } = config;
  const newest = migrations.length + 1;
  if (!existsSync(file)) createStoreFile(file);
  const version = checkStoreFile(file, newest, 'quick_check');
  if (version < newest) migrateStoreFile(file, version, migrations);
  return new SqliteMedium(config);
}

/**
 * The one connection to a store's database and all its SQL. Synchronous: it runs in the writer thread or, for the
 * agent's journal, in the caller's.
 */
export class SqliteMedium {
  readonly #name: string;
  readonly #syncDelayMs: number;
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #idle: NodeJS.Timeout;
  #oldestRevision: number;
  #changesInLog = 0;
  readonly #backups = new Set<Promise<unknown>>();

  constructor({ file, syncDelayMs, synchronous, maxPageCount, checkpointPages }: MediumConfig) {
    this.#name = storeName(file);
    this.#syncDelayMs = syncDelayMs ?? 0;
    const db = new DatabaseSync(file, { timeout: 0 });
    try {
      // Exclusive: no shared memory file, and a stranger's sqlite3 shell cannot make a commit wait.
      db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA fullfsync = ON');
      db.exec(`PRAGMA synchronous = ${synchronous ?? 'FULL'}`);
      db.exec(
        `PRAGMA wal_autocheckpoint = ${checkpointPages ?? autoCheckpointPages}; PRAGMA journal_size_limit = ${logSizeLimitBytes}`,
      );
      if (maxPageCount !== undefined) db.exec(`PRAGMA max_page_count = ${maxPageCount}`);
      this.#oldestRevision = readMeta(db, 'oldest_revision');
      this.#statements = prepareStatements(db);
      fillLog(file);
    } catch (error) {
      db.close();
      throw sqliteFault(`open store ${this.#name}`, error);
    }
    this.#db = db;
    this.#idle = setTimeout(() => this.#checkpoint(), idleCheckpointAfterMs).unref();
  }

  head(): MediumHead {
    return {
      epoch: readMeta(this.#db, 'epoch'),
      revision: readMeta(this.#db, 'revision'),
      oldestRevision: this.#oldestRevision,
    };
  }

  /** Everything in the database; changes come in order. */
  *load(): Generator<LoadChunk> {
    const entries = 'SELECT key, value, mod_revision, create_revision FROM entry';
    for (const rows of chunks(this.#db.prepare(entries))) {
      yield { entries: rows.map((r) => [r.key, r.value, r.mod_revision, r.create_revision] as EntryRow), changes: [] };
    }
    const past = `SELECT position / ${changesPerRevision} AS revision, key, previous_value AS value,
      previous_mod_revision AS mod, previous_create_revision AS made FROM change ORDER BY position`;
    for (const rows of chunks(this.#db.prepare(past))) {
      yield { entries: [], changes: rows.map((r) => [r.revision, r.key, r.value, r.mod, r.made] as PastRow) };
    }
  }

  /** Makes the batch durable, all of it or nothing. Throws `store_full` or `store_failed`. */
  write(batch: RowBatch): void {
    const { begin, commit, rollback } = this.#statements;
    try {
      begin.run();
      this.#writeRows(batch);
      commit.run();
    } catch (error) {
      try {
        if (this.#db.isTransaction) rollback.run();
      } catch {
        // SQLite rolls back by itself when it can't go on; the first error is the one to tell.
      }
      throw sqliteFault(`write to store ${this.#name}`, error);
    }
    this.#oldestRevision = Math.max(this.#oldestRevision, batch.pruneThrough);
    this.#changesInLog += batch.rows.length;
    this.#idle.refresh();
    if (this.#syncDelayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#syncDelayMs);
  }

  /**
   * Copies the store as it is at some moment during the call to `target`, while writes go on, and checks the copy.
   * Faults: `backup_exists`, `backup_failed`.
   */
  backup(target: string): Promise<StorePosition> {
    const running = this.#backup(target);
    this.#backups.add(running);
    const forget = (): boolean => this.#backups.delete(running);
    running.then(forget, forget);
    return running;
  }

  /** Waits for backups, folds the log into the database and closes it. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#backups);
    clearTimeout(this.#idle);
    this.#db.close();
  }

  async #backup(target: string): Promise<StorePosition> {
    const action = `back up store ${this.#name} to ${storeName(target)}`;
    const partial = `${target}.partial`;
    if (existsSync(target)) {
      throw new Fault('backup_exists', `Cannot ${action}: the file exists already`, { retry: 'never' });
    }
    try {
      for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(partial + suffix, { force: true });
      await backup(this.#db, partial, { rate: backupPagesPerStep });
      checkStoreFile(partial, Number.POSITIVE_INFINITY, 'integrity_check');
      const position = withReadOnly(partial, (db) => ({
        epoch: readMeta(db, 'epoch'),
        revision: readMeta(db, 'revision'),
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

  #writeRows({ rows, pruneThrough }: RowBatch): void {
    const { logPast, upsert, remove, setMeta, prune } = this.#statements;
    let revision = 0;
    let place = 0;
    for (const [rowRevision, key, text, createRevision] of rows) {
      place = rowRevision === revision ? place + 1 : 0;
      revision = rowRevision;
      logPast.run(revision * changesPerRevision + place, key);
      if (text === null) remove.run(key);
      else upsert.run(key, text, revision, createRevision);
    }
    setMeta.run(revision, 'revision');
    if (pruneThrough <= this.#oldestRevision) return;
    prune.run((pruneThrough + 1) * changesPerRevision);
    setMeta.run(pruneThrough, 'oldest_revision');
  }

  #checkpoint(): void {
    if (this.#changesInLog < idleCheckpointChanges) return;
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      this.#changesInLog = 0;
    } catch {
      // It only saves time later: every commit is in the log, and the next checkpoint tries again.
    }
  }
}

function prepareStatements(db: DatabaseSync) {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    logPast: db.prepare(`INSERT INTO change
      SELECT ?1, ?2, entry.value, entry.mod_revision, entry.create_revision
      FROM (SELECT 1) LEFT JOIN entry ON entry.key = ?2`),
    upsert: db.prepare(`INSERT INTO entry VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE
      SET value = excluded.value, mod_revision = excluded.mod_revision, create_revision = excluded.create_revision`),
    remove: db.prepare('DELETE FROM entry WHERE key = ?'),
    setMeta: db.prepare('UPDATE meta SET number = ? WHERE name = ?'),
    prune: db.prepare('DELETE FROM change WHERE position < ?'),
  };
}

/** Rows of a query in groups. */
function* chunks(statement: StatementSync): Generator<Record<string, unknown>[]> {
  let chunk: Record<string, unknown>[] = [];
  for (const row of statement.iterate()) {
    chunk.push(row);
    if (chunk.length < loadRowsPerChunk) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
