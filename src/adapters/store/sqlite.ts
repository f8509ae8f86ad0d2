/**
 * The durable store on `node:sqlite`.
 *
 *   openSqliteStore ── data-dir-lock   one process per data directory
 *        │             sqlite-file     ours? sound? which version? (read-only until that is known)
 *        │
 *   BatchedStore ── StoreViews, WatchHub, ChangeLog, OrderedMap     the same as in memory
 *        │ BatchWriter
 *        ├── worker-writer ══ message port ══ store-writer ─┐
 *        └── local-writer ──────────────────────────────────┴── sqlite-medium   all SQL, the connection that writes
 *                                                                 └── checkpoints ══ store-checkpointer   folds the log beside
 *
 * Everything is read once at start and then answered from memory; the database is written, never asked.
 * A batch of commits is one SQLite transaction: WAL, `synchronous=FULL`, acknowledged after its sync.
 * After an I/O error other than a full disk the batch is rejected and the next one overwrites its place in the log; only a
 * crash between the two can bring the rejected batch back, whole. Nobody was told that it succeeded.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Store, StoreWrite } from '../../ports/store.ts';
import type { BatchWriter, WriteBatch } from './batch-writer.ts';
import { BatchedStore } from './batched-store.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { openLocalWriter } from './local-writer.ts';
import type { StorePosition } from './medium-rows.ts';
import type { MediumConfig } from './sqlite-medium.ts';
import { openWorkerWriter } from './worker-writer.ts';

/** A store in a file. */
export interface SqliteStore extends Store {
  /**
   * Writes a copy of the store, of some moment during the call, to a new file and checks it; commits go on meanwhile.
   * Resolves with the epoch and revision of the copy. Faults: `backup_exists`, `backup_failed`, `store_full`, `store_closed`.
   */
  backupTo(file: string): Promise<StorePosition>;
  /**
   * Aborts with a `store_failed` when nothing can be written any more: the writer thread died. What is durable is only known
   * to who opens the file anew.
   */
  readonly broken: AbortSignal;
}

/** Levers for tests and benchmarks; a product never sets them. */
export interface SqliteTestHooks extends Omit<MediumConfig, 'file'> {
  /** Awaited with each batch before it goes to the database; a `Fault` thrown here fails the batch. */
  readonly gate?: () => Promise<void>;
}

/** How to open a store. */
export interface SqliteStoreOptions {
  /** Path of the database. Its directory is created, and locked for this process through `lock.db` in it. */
  readonly file: string;
  /** `worker`: no sync blocks this thread (control plane). `same_thread`: simpler, for few writes (agent's journal). */
  readonly writer: 'worker' | 'same_thread';
  /** Events kept for watches from the past; `defaultChangeLogLimit` where not given. */
  readonly changeLogLimit?: number;
  /** Hears of each batch once it is durable or has failed. */
  readonly onWrite?: (write: StoreWrite) => void;
  readonly testHooks?: SqliteTestHooks;
}

/**
 * Opens the store in `file`, or creates it. Faults: `data_dir_in_use`, `store_foreign`, `store_corrupt`, `store_newer`
 * (the file is left byte-identical), `store_full`, `store_failed`. An older version is migrated after a copy is made.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { file, testHooks = {}, onWrite } = options;
  const { gate, ...mediumHooks } = testHooks;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const lock = lockDataDir(dirname(file));
  try {
    const config = { ...mediumHooks, file };
    // Taken apart, since what lives on here must not keep the image: the store drops of it what changes.
    const opening = options.writer === 'worker' ? openWorkerWriter(config) : openLocalWriter(config);
    const { image, writer: medium, backup, broken } = await opening;
    const writer: BatchWriter = {
      ...medium,
      async write(batch) {
        await gate?.();
        return onWrite === undefined ? medium.write(batch) : measured(medium, batch, onWrite);
      },
      async close() {
        try {
          await medium.close();
        } finally {
          lock.release();
        }
      },
    };
    const store = new BatchedStore(writer, image, options);
    return Object.assign(store, {
      broken,
      async backupTo(target: string): Promise<StorePosition> {
        store.checkOpen('back up');
        return backup(target);
      },
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function measured(
  writer: BatchWriter,
  batch: WriteBatch,
  onWrite: NonNullable<SqliteStoreOptions['onWrite']>,
): Promise<void> {
  const started = performance.now();
  let isDurable = false;
  try {
    await writer.write(batch);
    isDurable = true;
  } finally {
    onWrite({ commits: batch.commits.length, seconds: (performance.now() - started) / 1000, isDurable });
  }
}
