import { invariant } from '../../core/kit/exhaustive.ts';
import type { Json } from '../../core/kit/json.ts';
import type { BatchWriter, WriteBatch } from './batch-writer.ts';
import type { ChangeRow, RowBatch, StorePosition } from './medium-rows.ts';
import type { PreparedChange, StoreImage } from './store-views.ts';
import { undoOf } from './undo.ts';

/** Longest value as JSON, in characters. Bodies and documents are limited far below; this bounds a batch. */
const maxValueChars = 16 * 1024 * 1024;

/** A database that is open, in this thread or another. */
export interface OpenedWriter {
  readonly image: StoreImage;
  readonly writer: BatchWriter;
  /** See `SqliteStore.backupTo`. */
  backup(target: string): Promise<StorePosition>;
  /** See `SqliteStore.broken`. */
  readonly broken: AbortSignal;
}

/** The text of a value. Throws for what JSON cannot hold: then the commit is the caller's bug. */
export function encodeJson(value: Json): string {
  const text: string | undefined = JSON.stringify(value);
  invariant(text !== undefined && text.length <= maxValueChars, 'commit puts a value that is not JSON or too long');
  return text;
}

/** A batch as the rows of one SQLite transaction. */
export function rowsOf({ commits, pruneThrough }: WriteBatch): RowBatch {
  const rows = commits.flatMap(({ revision, changes }) => changes.map((change) => rowOf(revision, change)));
  return { rows, pruneThrough };
}

function rowOf(revision: number, { event, text }: PreparedChange): ChangeRow {
  if (event.type === 'delete') return [revision, event.key, null, 0, null, 0];
  const { entry, previous } = event;
  const undo = previous === undefined ? undefined : undoOf(previous.value, entry.value);
  return [
    revision,
    entry.key,
    text ?? encodeJson(entry.value),
    entry.createRevision,
    undo === undefined ? null : JSON.stringify(undo),
    previous?.modRevision ?? 0,
  ];
}
