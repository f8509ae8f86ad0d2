/**
 * The store: an ordered map from keys to JSON values with one global revision.
 *
 * Writes are transactions with compare-and-set; they are acknowledged only when durable. Reads are answered from the
 * committed view in memory and never wait: what is read is what a crash would leave. Two views exist inside an
 * implementation: `head` (accepted, not yet durable; only compare-and-set looks at it) and `committed` (every read, list,
 * watch event and answer). A failed batch rejects itself and everything queued behind it and resets `head` to `committed`;
 * revisions of a rejected batch are not reused.
 *
 * Both the control plane's store and the agent's journal are this port, held to `store.contract.ts`.
 */
import type { Json } from '../core/kit/json.ts';

/** One key with its value. Values are shared, not copied: treat them as frozen. */
export interface StoreEntry {
  readonly key: string;
  readonly value: Json;
  /** Revision of the last change of this key. */
  readonly modRevision: number;
  /** Revision at which the key last came into being. */
  readonly createRevision: number;
}

/** A transaction: all of `put` and `delete` happen at one new revision if every `expect` holds, else nothing does. */
export interface Commit {
  /** `modRevision: 0` expects that the key does not exist. */
  readonly expect?: readonly { readonly key: string; readonly modRevision: number }[];
  readonly put?: readonly { readonly key: string; readonly value: Json }[];
  readonly delete?: readonly string[];
}

/** `ok: false` is a refusal, not a fault: somebody else was first; `conflicts` names the keys. */
export type CommitResult =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly conflicts: readonly string[] };

/** What happened to one key. `previous` is the entry before, where there was one. */
export type StoreEvent =
  | { readonly type: 'put'; readonly entry: StoreEntry; readonly previous: StoreEntry | undefined }
  | { readonly type: 'delete'; readonly key: string; readonly revision: number; readonly previous: StoreEntry };

/** All events of one revision below the watched prefix, in the order of the transaction. */
export interface WatchBatch {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

/** `compacted`: the change log no longer holds everything after `fromRevision`; list again, then watch from there. */
export type WatchStart =
  | { readonly kind: 'watching'; close(): void }
  | { readonly kind: 'compacted'; readonly oldestRevision: number };

/** One batch as it went to the medium: its commits share a sync. */
export interface StoreWrite {
  readonly commits: number;
  readonly seconds: number;
  /** False: nothing of it happened. */
  readonly isDurable: boolean;
}

export interface Store {
  /** Raised by `restore`; revisions of different epochs do not compare (spec §9). */
  readonly epoch: number;
  /** Newest committed revision. An empty store is at 0. */
  revision(): number;
  get(key: string): StoreEntry | undefined;
  /** Entries below `prefix` in key order, after the key `after` where given, at most `limit`. */
  list(prefix: string, options?: { readonly after?: string; readonly limit?: number }): readonly StoreEntry[];
  /**
   * Resolves when durable, or with the conflicts once what they were judged against is durable (so that a retry reads it).
   * Faults: `store_full`, `store_busy` (too many wait already), `store_closed`, `store_failed`; then nothing happened.
   * A commit without `put` and `delete` only compares.
   */
  commit(commit: Commit): Promise<CommitResult>;
  /**
   * Calls `listener` for each revision after `fromRevision`, first for those already committed, then as they come, each
   * once and in order, never from inside the call to `watch` and only after the revision is readable. `fromRevision` of
   * the future is an invariant violation.
   */
  watch(prefix: string, fromRevision: number, listener: (batch: WatchBatch) => void): WatchStart;
  /** Waits for what is in flight, then closes. Later calls fail with `store_closed`. */
  close(): Promise<void>;
}
