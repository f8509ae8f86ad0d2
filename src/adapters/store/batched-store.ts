import { invariant } from '../../core/kit/exhaustive.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { Commit, CommitResult, Store, StoreEntry, WatchBatch, WatchStart } from '../../ports/store.ts';
import type { BatchWriter } from './batch-writer.ts';
import { defaultChangeLogLimit, type PreparedCommit, type StoreImage, StoreViews } from './store-views.ts';
import { WatchHub } from './watch-hub.ts';

/**
 * Callers that may wait beside those of the batch in flight, for a batch or for their turn to be answered. Beyond it they are told
 * `store_busy`: memory stays bounded.
 */
export const maxQueuedCommits = 20_000;

/** Commits in one batch: one sync is shared by many callers, and no caller waits for an endless batch. */
export const maxCommitsPerBatch = 1_024;

/** Characters of values in one batch, so that its copy to the writer blocks the caller's loop for a few ms only. */
const maxBatchChars = 4 * 1024 * 1024;

/** Of those that wait to be answered at least this part is, in each turn: of a fixed number more could come in than leave. */
const toldPart = 1 / 8;

interface Waiting {
  /** Missing for an answer that only has to wait until what it was judged against is durable. */
  readonly prepared: PreparedCommit | undefined;
  readonly result: CommitResult;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The `Store` port over a `BatchWriter`: views, queue, one batch in flight, watches.
 *
 *   commit ──judge──> queue ──schedule──> in flight ──durable──> some by some: settle, tell watchers, resolve
 *                                            └──failed──> reject it and the whole queue, reset head
 *
 * An answer that changes nothing (a conflict, a mere comparison) waits as well when `head` is ahead of `committed`: else a
 * caller that reads and retries at once would read the old value and spin until the batch in flight is done.
 */
export class BatchedStore implements Store {
  readonly epoch: number;
  readonly #writer: BatchWriter;
  readonly #views: StoreViews;
  readonly #hub = new WatchHub();
  #queue: Waiting[] = [];
  #inFlight: readonly Waiting[] = [];
  #scheduled = false;
  /** Durable, in order, and neither to be seen nor answered yet. */
  #untold: readonly Waiting[] = [];
  #telling = false;
  #closed: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(writer: BatchWriter, image: StoreImage, options: { readonly changeLogLimit?: number | undefined } = {}) {
    this.epoch = image.epoch;
    this.#writer = writer;
    this.#views = new StoreViews(image, options.changeLogLimit ?? defaultChangeLogLimit);
  }

  revision(): number {
    this.checkOpen('read');
    return this.#views.revision;
  }

  get(key: string): StoreEntry | undefined {
    this.checkOpen('read');
    return this.#views.get(key);
  }

  list(prefix: string, options: { readonly after?: string; readonly limit?: number } = {}): readonly StoreEntry[] {
    this.checkOpen('list');
    return this.#views.list(prefix, options.after, options.limit ?? Number.POSITIVE_INFINITY);
  }

  commit(commit: Commit): Promise<CommitResult> {
    // What is thrown in here rejects it.
    return new Promise((resolve, reject) => {
      this.checkOpen('write to');
      if (this.#queue.length + this.#untold.length >= maxQueuedCommits) {
        throw new Fault('store_busy', `Cannot write to the store: ${maxQueuedCommits} commits are waiting already`);
      }
      const judged = this.#views.judge(commit, (value) => this.#writer.encode(value));
      const result: CommitResult = judged.ok
        ? { ok: true, revision: judged.revision }
        : { ok: false, conflicts: judged.conflicts };
      const prepared = judged.ok ? judged.prepared : undefined;
      if (prepared === undefined && this.#isIdle()) return resolve(result);
      this.#queue.push({ prepared, result, resolve, reject });
      this.#startSoon();
    });
  }

  watch(prefix: string, fromRevision: number, listener: (batch: WatchBatch) => void): WatchStart {
    this.checkOpen('watch');
    invariant(fromRevision <= this.#views.revision, `watch from ${fromRevision}, ahead of ${this.#views.revision}`);
    const backlog = this.#views.changesAfter(fromRevision);
    if (backlog === undefined) return { kind: 'compacted', oldestRevision: this.#views.oldestRevision };
    return { kind: 'watching', close: this.#hub.add(prefix, backlog, listener) };
  }

  close(): Promise<void> {
    this.#closed ??= this.#drainAndClose();
    return this.#closed;
  }

  async #drainAndClose(): Promise<void> {
    if (!this.#isIdle()) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await this.#hub.close();
    await this.#writer.close();
  }

  #isIdle(): boolean {
    return this.#queue.length === 0 && this.#inFlight.length === 0 && this.#untold.length === 0;
  }

  #startSoon(): void {
    if (this.#inFlight.length > 0) return;
    if (this.#queue.length >= this.#writer.enoughCommits) {
      this.#start();
      return;
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#writer.schedule(() => {
      this.#scheduled = false;
      if (this.#inFlight.length === 0 && this.#queue.length > 0) this.#start();
    });
  }

  #start(): void {
    const taken = takeBatch(this.#queue);
    this.#queue = this.#queue.slice(taken.length);
    this.#inFlight = taken;
    const commits = taken.flatMap(({ prepared }) => (prepared === undefined ? [] : [prepared]));
    if (commits.length === 0) {
      this.#finish();
      return;
    }
    this.#writer.write({ commits, pruneThrough: this.#views.oldestRevision }).then(
      () => this.#finish(),
      (error) => this.#fail(error),
    );
  }

  #finish(): void {
    const done = this.#inFlight;
    this.#inFlight = [];
    this.#untold = [...this.#untold, ...done];
    if (!this.#telling) this.#tell();
    this.#next();
  }

  /** All that follows from a change, in the loops that watch too, is bounded for a turn with the answers. */
  #tell(): void {
    const count = Math.max(this.#writer.answersPerTurn, Math.ceil(this.#untold.length * toldPart));
    const answered = this.#untold.slice(0, count);
    this.#untold = this.#untold.slice(answered.length);
    this.#settle(answered);
    for (const { resolve, result } of answered) resolve(result);
    this.#telling = this.#untold.length > 0;
    if (this.#telling) this.#writer.schedule(() => this.#tell());
    else if (this.#isIdle()) this.#whenIdle?.();
  }

  #settle(durable: readonly Waiting[]): void {
    for (const { prepared } of durable) if (prepared !== undefined) this.#hub.publish(this.#views.settle(prepared));
  }

  #fail(error: unknown): void {
    // What is durable stays, though its turn to be told has not come.
    this.#settle(this.#untold);
    this.#untold = this.#untold.map((waiting) => ({ ...waiting, prepared: undefined }));
    const failed = [...this.#inFlight, ...this.#queue];
    this.#inFlight = [];
    this.#queue = [];
    this.#views.reset();
    for (const { reject } of failed) reject(error);
    this.#next();
  }

  #next(): void {
    if (this.#queue.length > 0) this.#startSoon();
    else if (this.#isIdle()) this.#whenIdle?.();
  }

  /** Throws `store_closed` once `close` was called. */
  checkOpen(action: string): void {
    if (this.#closed === undefined) return;
    throw new Fault('store_closed', `Cannot ${action} the store: it is closed`, { retry: 'never' });
  }
}

/** The longest start of the queue that fits one batch; at least one. */
function takeBatch(queue: readonly Waiting[]): readonly Waiting[] {
  let chars = 0;
  let count = 0;
  for (const { prepared } of queue) {
    for (const { text } of prepared?.changes ?? []) chars += text?.length ?? 0;
    if (count > 0 && (count >= maxCommitsPerBatch || chars > maxBatchChars)) break;
    count += 1;
  }
  return queue.slice(0, count);
}
