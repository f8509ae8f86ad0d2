import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { invariant } from '../../core/kit/exhaustive.ts';
import { backUp } from './back-up.ts';
import { type CheckpointOptions, Checkpoints } from './checkpoints.ts';
import { connectionUrl } from './connection-url.ts';
import { fillLog } from './log-file.ts';
import type { ChangeRow, EntryRow, LoadChunk, MediumHead, PastRow, RowBatch, StorePosition } from './medium-rows.ts';
import { chunks, prepareStatements } from './medium-statements.ts';
import { sqliteFault } from './sqlite-fault.ts';
import { checkStoreFile, createStoreFile, migrateStoreFile, storeName } from './sqlite-file.ts';
import { changesPerRevision, type Migration, migrations as ourMigrations, readMeta } from './sqlite-schema.ts';

/** The log's file is cut to this size after a checkpoint, so that one burst does not occupy the disk for ever. */
const logSizeLimitBytes = 64 * 1024 * 1024;

/** How a database is opened. Everything but `file` is for tests and benchmarks. */
export interface MediumConfig {
  readonly file: string;
  /** Waits so long after each commit, as a slow disk's sync would. */
  readonly syncDelayMs?: number | undefined;
  /** `OFF` breaks durability, for the test that must notice. */
  readonly synchronous?: 'OFF' | undefined;
  /** SQLite reports a full disk beyond so many pages. */
  readonly maxPageCount?: number | undefined;
  /** Pages in the log at which it is folded into the database, so that a short test meets checkpoints. */
  readonly checkpointPages?: number | undefined;
}

/**
 * Checks, creates or migrates the file and opens it. The caller holds the data directory's lock.
 * Throws `store_foreign`, `store_corrupt`, `store_newer`, `data_dir_in_use`, `store_full` or `store_failed`.
 */
export function openSqliteMedium(
  config: MediumConfig,
  fold: CheckpointOptions['fold'],
  migrations: readonly Migration[] = ourMigrations,
): SqliteMedium {
  const { file } = config;
  const newest = migrations.length + 1;
  if (!existsSync(file)) createStoreFile(file);
  const version = checkStoreFile(file, newest, { others: 'nobody', depth: 'quick_check' });
  if (version < newest) migrateStoreFile(file, version, migrations);
  return new SqliteMedium(config, fold);
}

/**
 * The connection that writes a store's database, and all its SQL. Synchronous: it runs in the writer thread or, for the
 * agent's journal, in the caller's.
 */
export class SqliteMedium {
  readonly #name: string;
  readonly #syncDelayMs: number;
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #checkpoints: Checkpoints;
  #oldestRevision: number;
  readonly #backups = new Set<Promise<unknown>>();

  constructor(
    { file, syncDelayMs, synchronous, maxPageCount, checkpointPages: pages }: MediumConfig,
    fold: CheckpointOptions['fold'],
  ) {
    this.#name = storeName(file);
    this.#syncDelayMs = syncDelayMs ?? 0;
    const db = new DatabaseSync(connectionUrl(file), { timeout: 0 });
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA fullfsync = ON');
      db.exec(`PRAGMA synchronous = ${synchronous ?? 'FULL'}; PRAGMA journal_size_limit = ${logSizeLimitBytes}`);
      if (maxPageCount !== undefined) db.exec(`PRAGMA max_page_count = ${maxPageCount}`);
      this.#oldestRevision = readMeta(db, 'oldest_revision');
      this.#statements = prepareStatements(db);
      this.#checkpoints = new Checkpoints(db, file, { fold, pages });
      fillLog(file);
    } catch (error) {
      db.close();
      throw sqliteFault(`open store ${this.#name}`, error);
    }
    this.#db = db;
  }

  head(): MediumHead {
    return {
      epoch: readMeta(this.#db, 'epoch'),
      revision: readMeta(this.#db, 'revision'),
      oldestRevision: this.#oldestRevision,
    };
  }

  /** Everything in the database: the entries, then the changes, the newest first. */
  *load(): Generator<LoadChunk> {
    const entries = 'SELECT key, value, mod_revision, create_revision FROM entry';
    for (const rows of chunks(this.#db.prepare(entries))) {
      yield { entries: rows.map((r) => [r.key, r.value, r.mod_revision, r.create_revision] as EntryRow), changes: [] };
    }
    const past = `SELECT position / ${changesPerRevision} AS revision, key, previous_value AS value,
      previous_mod_revision AS mod, previous_create_revision AS made, previous_is_undo AS undo FROM change ORDER BY position DESC`;
    for (const rows of chunks(this.#db.prepare(past))) {
      yield { entries: [], changes: rows.map((r) => [r.revision, r.key, r.value, r.mod, r.made, r.undo] as PastRow) };
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
    this.#checkpoints.committed();
    if (this.#syncDelayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#syncDelayMs);
  }

  /**
   * Copies the store as it is at some moment during the call to `target`, while writes go on, and checks the copy.
   * Faults: `backup_exists`, `backup_failed`.
   */
  backup(target: string): Promise<StorePosition> {
    const running = backUp(this.#db, this.#name, target);
    this.#backups.add(running);
    const forget = (): boolean => this.#backups.delete(running);
    running.then(forget, forget);
    return running;
  }

  /** Waits for backups, folds the log into the database and closes it. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#backups);
    await this.#checkpoints.close();
    this.#db.close();
  }

  #writeRow([revision, key, text, createRevision, undo, previousModRevision]: ChangeRow, position: number): void {
    const { logPast, logUndo, upsert, update, remove } = this.#statements;
    if (text !== null && undo !== null) {
      logUndo.run(position, key, undo, previousModRevision, createRevision);
      const { changes } = update.run(text, revision, key);
      invariant(changes === 1, `the store has no entry of key "${key}" to change`);
      return;
    }
    logPast.run(position, key);
    if (text === null) remove.run(key);
    else upsert.run(key, text, revision, createRevision);
  }

  #writeRows({ rows, pruneThrough }: RowBatch): void {
    const { setMeta, prune } = this.#statements;
    let revision = 0;
    let place = 0;
    for (const row of rows) {
      place = row[0] === revision ? place + 1 : 0;
      revision = row[0];
      this.#writeRow(row, revision * changesPerRevision + place);
    }
    setMeta.run(revision, 'revision');
    if (pruneThrough <= this.#oldestRevision) return;
    prune.run((pruneThrough + 1) * changesPerRevision);
    setMeta.run(pruneThrough, 'oldest_revision');
  }
}
