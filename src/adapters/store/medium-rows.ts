/** What goes into a store's database and comes out of it. */

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
