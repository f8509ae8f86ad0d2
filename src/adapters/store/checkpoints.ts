import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** Pages in the write-ahead log at which it is folded into the database: 16 MB, so that it happens rarely under load. */
const defaultFoldPages = 4_000;

/** A commit folds a log that is so many times longer by itself, however slow the thread beside it is. */
const longestLog = 4;

/** What was written while the thread folded is left to be folded between two commits when it is at most this part. */
const restPart = 1 / 4;

/** Without a write for so long, and with so many pages in the log, it is folded before the next burst. */
const idleAfterMs = 500;
const idlePages = 256;

/** A thread that was not needed for so long is ended: it holds some MB. */
const threadKeptMs = 10_000;

export type FoldAnswer = 'folded' | 'failed';

/** An entry of its own, as `store-writer` is. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './store-checkpointer.ts' : './store-checkpointer.js',
  import.meta.url,
);

export interface CheckpointOptions {
  /**
   * `here`: the commit that makes the log long enough folds it, and takes as long. `beside`: a thread does, over a connection of
   * its own, while commits go on.
   */
  readonly fold: 'here' | 'beside';
  /** Instead of `defaultFoldPages`. */
  readonly pages?: number | undefined;
}

/**
 * Folds the write-ahead log of an open database into it (a checkpoint), so that SQLite begins the log anew and it stays short.
 *
 * Under load that takes 25 ms four times a second, in which nobody's commit is answered. A thread beside takes most of it; what
 * was written meanwhile is folded here, between two commits, since only a log that is folded whole is begun anew.
 */
export class Checkpoints {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #pages: number;
  readonly #length: StatementSync;
  readonly #idle: NodeJS.Timeout;
  #fold: CheckpointOptions['fold'];
  #thread: FoldingThread | null = null;
  #isFolding = false;

  constructor(db: DatabaseSync, file: string, { fold, pages = defaultFoldPages }: CheckpointOptions) {
    this.#db = db;
    this.#file = file;
    this.#pages = pages;
    this.#fold = fold;
    this.#commitsFoldAt(fold === 'here' ? pages : pages * longestLog);
    this.#length = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#idle = setTimeout(() => this.#foldIfIdle(), idleAfterMs).unref();
  }

  /** Call after each commit. */
  committed(): void {
    this.#idle.refresh();
    if (this.#fold === 'beside' && !this.#isFolding && this.#unfolded() >= this.#pages) void this.#foldBeside();
  }

  /** Waits for the thread. Call it before the connection is closed, which folds the log. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#fold = 'here';
    await this.#thread?.end();
  }

  async #foldBeside(): Promise<void> {
    this.#isFolding = true;
    let left = this.#unfolded();
    let before: number;
    do {
      before = left;
      const answer = await this.#foldInThread();
      if (answer === 'failed') this.#goOnWithout();
      // Here also when it was closed meanwhile: the connection may be closed too.
      if (this.#fold === 'here') return;
      left = this.#unfolded();
      // A backup that reads just now can hold it up: then the next commit asks again.
    } while (left > this.#pages * restPart && left < before);
    this.#isFolding = false;
    if (left <= this.#pages * restPart) this.#foldHere();
  }

  async #foldInThread(): Promise<FoldAnswer> {
    try {
      if (this.#thread === null || this.#thread.isEnding) this.#thread = new FoldingThread(this.#file);
      return await this.#thread.fold();
    } catch {
      // The host has no room for another thread.
      return 'failed';
    }
  }

  #goOnWithout(): void {
    if (this.#fold === 'here') return;
    this.#fold = 'here';
    this.#isFolding = false;
    this.#commitsFoldAt(this.#pages);
  }

  #commitsFoldAt(pages: number): void {
    this.#db.exec(`PRAGMA wal_autocheckpoint = ${pages}`);
  }

  #foldIfIdle(): void {
    if (!this.#isFolding && this.#unfolded() >= idlePages) this.#foldHere();
  }

  #foldHere(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // It only saves time later: every commit is in the log, and the next one tries again.
    }
  }

  /** Pages of the log that are not in the database yet; 0 while the connection reads, for it cannot fold then. */
  #unfolded(): number {
    try {
      const { log, checkpointed } = this.#length.get() as { readonly log: number; readonly checkpointed: number };
      return log - checkpointed;
    } catch {
      // The store is being loaded, or a backup takes a step: the next commit asks again.
      return 0;
    }
  }
}

/** The thread, started by its first use. It ends by itself when it was not needed for a while. */
class FoldingThread {
  readonly #worker: Worker;
  /** Runs while it has nothing to do. */
  #unneeded: NodeJS.Timeout | undefined;
  readonly #ended: Promise<void>;
  /** From then on it answers nothing. */
  isEnding = false;
  #answer: ((answer: FoldAnswer) => void) | null = null;

  constructor(file: string) {
    this.#worker = new Worker(entry, { workerData: file });
    this.#worker.unref();
    this.#worker.on('message', (answer: FoldAnswer) => {
      this.#unneeded = setTimeout(() => void this.end(), threadKeptMs).unref();
      this.#tell(answer);
    });
    // Its exit follows.
    this.#worker.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        clearTimeout(this.#unneeded);
        this.isEnding = true;
        this.#tell('failed');
        resolve();
      });
    });
  }

  fold(): Promise<FoldAnswer> {
    clearTimeout(this.#unneeded);
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#worker.postMessage('fold');
    });
  }

  /** After what it does just now, which cannot be broken off. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.#worker.terminate();
    await this.#ended;
  }

  #tell(answer: FoldAnswer): void {
    this.#answer?.(answer);
    this.#answer = null;
  }
}
