import { invariant } from '../../core/kit/exhaustive.ts';
import type { Json } from '../../core/kit/json.ts';
import type { Commit, StoreEntry, StoreEvent, WatchBatch } from '../../ports/store.ts';
import { ChangeLog } from './change-log.ts';
import { OrderedMap } from './ordered-map.ts';
import { SharedValues } from './shared-values.ts';

/** Longest key in characters. Keys are paths of ids and names; anything longer is a bug of the caller. */
const maxKeyLength = 1_024;

/** Most changes in one commit: an apply of 1,000 documents (spec §6) with a handful of rows each, and room. */
const maxChangesPerCommit = 20_000;

/** Events kept for watches that start in the past: minutes of a busy control plane, about 5 MB of values that changed. */
export const defaultChangeLogLimit = 10_000;

/** What a medium holds when a store is opened on it. */
export interface StoreImage {
  readonly epoch: number;
  readonly revision: number;
  /** Everything after this revision is in `changes`. */
  readonly oldestRevision: number;
  readonly entries: Iterable<StoreEntry>;
  /** In order of revision. */
  readonly changes: Iterable<WatchBatch>;
}

/** One change of an accepted commit. `text`: the value as the medium's `encode` made it. */
export interface PreparedChange {
  readonly event: StoreEvent;
  readonly text: string | undefined;
}

/** An accepted commit that changes something. */
export interface PreparedCommit {
  readonly revision: number;
  readonly changes: readonly PreparedChange[];
}

/** What the views say to a commit: refused, or accepted at a revision. `prepared` is missing when nothing changes. */
export type Judgement =
  | { readonly ok: false; readonly conflicts: readonly string[] }
  | { readonly ok: true; readonly revision: number; readonly prepared: PreparedCommit | undefined };

/**
 * The two views of a store (facts: a read must never show what a crash would take away).
 *
 *   judge ──> head (accepted, not durable) ──settle──> committed + change log
 *                 └──────────reset (a batch failed)──> gone
 *
 * `head` is an overlay over `committed` that holds only what is in flight or queued.
 */
export class StoreViews {
  readonly #committed = new OrderedMap<StoreEntry>();
  readonly #overlay = new Map<string, { readonly entry: StoreEntry | undefined; readonly revision: number }>();
  readonly #log: ChangeLog;
  readonly #values = new SharedValues();
  #revision: number;
  /** Newest revision of `head`; falls back to `#revision` on a reset. */
  #headRevision: number;
  /** Newest revision ever given out: those of a rejected batch are not used again. */
  #lastRevision: number;

  constructor(image: StoreImage, changeLogLimit: number) {
    for (const entry of image.entries) this.#committed.set(entry.key, entry);
    this.#log = new ChangeLog(changeLogLimit, image.oldestRevision);
    for (const batch of image.changes) this.#log.append(batch);
    this.#revision = image.revision;
    this.#headRevision = image.revision;
    this.#lastRevision = image.revision;
  }

  /** Newest committed revision. */
  get revision(): number {
    return this.#revision;
  }

  /** The smallest revision a watch can start from. */
  get oldestRevision(): number {
    return this.#log.oldestRevision;
  }

  get(key: string): StoreEntry | undefined {
    return this.#committed.get(key);
  }

  list(prefix: string, after: string | undefined, limit: number): readonly StoreEntry[] {
    return this.#committed.list(prefix, after, limit);
  }

  changesAfter(revision: number): readonly WatchBatch[] | undefined {
    return this.#log.after(revision);
  }

  /** Compares against `head`; on success `head` includes the commit. `encode` may throw: then nothing happened. */
  judge(commit: Commit, encode: (value: Json) => string | undefined): Judgement {
    checkShape(commit);
    const conflicts = (commit.expect ?? []).filter(
      ({ key, modRevision }) => (this.#head(key)?.modRevision ?? 0) !== modRevision,
    );
    if (conflicts.length > 0) return { ok: false, conflicts: [...new Set(conflicts.map(({ key }) => key))] };

    const revision = this.#lastRevision + 1;
    const changes: PreparedChange[] = (commit.put ?? []).map(({ key, value }) => {
      const previous = this.#head(key);
      const held = previous === undefined ? this.#values.share(key, value) : value;
      const entry = { key, value: held, modRevision: revision, createRevision: previous?.createRevision ?? revision };
      return { event: { type: 'put', entry, previous }, text: encode(value) };
    });
    for (const key of commit.delete ?? []) {
      const previous = this.#head(key);
      if (previous !== undefined) changes.push({ event: { type: 'delete', key, revision, previous }, text: undefined });
    }
    if (changes.length === 0) return { ok: true, revision: this.#headRevision, prepared: undefined };

    this.#lastRevision = revision;
    this.#headRevision = revision;
    for (const { event } of changes) {
      if (event.type === 'put') this.#overlay.set(event.entry.key, { entry: event.entry, revision });
      else this.#overlay.set(event.key, { entry: undefined, revision });
    }
    return { ok: true, revision, prepared: { revision, changes } };
  }

  /** The commit is durable: it moves from `head` to `committed` and the change log. Call in order of revision. */
  settle({ revision, changes }: PreparedCommit): WatchBatch {
    invariant(revision > this.#revision, `revision ${revision} settles after ${this.#revision}`);
    const events = changes.map(({ event }) => event);
    for (const event of events) {
      const key = event.type === 'put' ? event.entry.key : event.key;
      if (event.type === 'put') this.#committed.set(key, event.entry);
      else this.#committed.delete(key);
      if (this.#overlay.get(key)?.revision === revision) this.#overlay.delete(key);
    }
    this.#revision = revision;
    const batch = { revision, events };
    this.#log.append(batch);
    return batch;
  }

  /** A batch failed: `head` is what is committed. */
  reset(): void {
    this.#overlay.clear();
    this.#headRevision = this.#revision;
  }

  #head(key: string): StoreEntry | undefined {
    const change = this.#overlay.get(key);
    return change === undefined ? this.#committed.get(key) : change.entry;
  }
}

function checkShape({ put = [], delete: deleted = [] }: Commit): void {
  const count = put.length + deleted.length;
  invariant(count <= maxChangesPerCommit, `commit has ${count} changes, more than ${maxChangesPerCommit}`);
  const keys = count > 1 ? new Set(deleted) : null;
  for (const { key, value } of put) {
    invariant(value !== undefined, `commit puts no value at "${key}"`);
    checkKey(key);
    keys?.add(key);
  }
  deleted.forEach(checkKey);
  invariant(keys === null || keys.size === count, 'commit changes one key twice');
}

/** A lone surrogate or a NUL does not survive SQLite's text: two keys in memory would be one on disk. */
function checkKey(key: string): void {
  const sound = key.length > 0 && key.length <= maxKeyLength && key.isWellFormed() && !key.includes('\0');
  invariant(sound, `commit has an unusable key ${JSON.stringify(key.slice(0, maxKeyLength))}`);
}
