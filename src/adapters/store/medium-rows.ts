/** What goes into a store's database and comes out of it. */

/**
 * A change as it is written: revision, key, value (null: deleted), createRevision; then what leads back to the value before
 * (null: all of it is kept, where there was one) and that one's modRevision.
 */
export type ChangeRow = readonly [
  revision: number,
  key: string,
  text: string | null,
  createRevision: number,
  undo: string | null,
  previousModRevision: number,
];

/** One transaction: at least one row, in order of revision. */
export interface RowBatch {
  readonly rows: readonly ChangeRow[];
  readonly pruneThrough: number;
}

/** key, value, modRevision, createRevision */
export type EntryRow = readonly [key: string, text: string, modRevision: number, createRevision: number];

/**
 * revision, key, and the entry before: value, modRevision, createRevision (null: there was none), and whether that value is only
 * what leads back to it (1) or all of it (0).
 */
export type PastRow = readonly [
  revision: number,
  key: string,
  text: string | null,
  modRevision: number | null,
  createRevision: number | null,
  isUndo: number,
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
