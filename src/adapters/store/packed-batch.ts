/**
 * A batch as it goes from thread to thread: all its texts in one, and its numbers in one list. What is sent is copied member by
 * member, and a batch of sixty rows has four hundred of them.
 */
import type { ChangeRow, RowBatch } from './medium-rows.ts';

export interface PackedBatch {
  readonly text: string;
  /** Per row: its three revisions, then the lengths of key, value and what leads back; -1 where there is none. */
  readonly numbers: Float64Array;
  readonly pruneThrough: number;
}

const numbersPerRow = 6;

export function packBatch({ rows, pruneThrough }: RowBatch): PackedBatch {
  const texts: string[] = [];
  const numbers = new Float64Array(rows.length * numbersPerRow);
  let at = 0;
  for (const [revision, key, text, createRevision, undo, previousModRevision] of rows) {
    numbers[at] = revision;
    numbers[at + 1] = createRevision;
    numbers[at + 2] = previousModRevision;
    numbers[at + 3] = key.length;
    numbers[at + 4] = text?.length ?? -1;
    numbers[at + 5] = undo?.length ?? -1;
    texts.push(key, text ?? '', undo ?? '');
    at += numbersPerRow;
  }
  return { text: texts.join(''), numbers, pruneThrough };
}

export function unpackBatch({ text, numbers, pruneThrough }: PackedBatch): RowBatch {
  const rows: ChangeRow[] = [];
  let from = 0;
  const take = (length: number): string => {
    const taken = text.slice(from, from + length);
    from += length;
    return taken;
  };
  const takeOrNull = (length: number): string | null => (length < 0 ? null : take(length));
  for (let at = 0; at < numbers.length; at += numbersPerRow) {
    const [revision = 0, createRevision = 0, previous = 0, key = 0, value = 0, undo = 0] = numbers.subarray(
      at,
      at + numbersPerRow,
    );
    rows.push([revision, take(key), takeOrNull(value), createRevision, takeOrNull(undo), previous]);
  }
  return { rows, pruneThrough };
}
