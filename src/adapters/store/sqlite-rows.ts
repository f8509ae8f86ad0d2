import { invariant } from '../../core/kit/exhaustive.ts';
import type { Json } from '../../core/kit/json.ts';
import type { BatchWriter, WriteBatch } from './batch-writer.ts';
import type { ChangeRow, RowBatch, StorePosition } from './medium-rows.ts';
import type { StoreImage } from './store-views.ts';

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
  const rows = commits.flatMap(({ revision, changes }) =>
    changes.map(
      ({ event, text }): ChangeRow =>
        event.type === 'put'
          ? [revision, event.entry.key, text ?? encodeJson(event.entry.value), event.entry.createRevision]
          : [revision, event.key, null, 0],
    ),
  );
  return { rows, pruneThrough };
}
