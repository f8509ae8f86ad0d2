import { Fault } from '../../core/kit/fault.ts';
import type { Json } from '../../core/kit/json.ts';
import type { StoreEntry, StoreEvent, WatchBatch } from '../../ports/store.ts';
import type { EntryRow, LoadChunk, MediumHead, PastRow } from './medium-rows.ts';
import type { StoreImage } from './store-views.ts';

/**
 * What a database holds, as the views want it. The change log is an undo log (see `sqlite-schema.ts`): walking it
 * backwards from the current entries gives each change its entry before and after.
 * Throws `store_corrupt` when rows contradict each other.
 */
export function imageFromRows(head: MediumHead, chunks: Iterable<LoadChunk>): StoreImage {
  const entries = new Map<string, StoreEntry>();
  const past: PastRow[] = [];
  for (const chunk of chunks) {
    for (const row of chunk.entries) entries.set(row[0], entryFromRow(row));
    for (const row of chunk.changes) past.push(row);
  }
  return { ...head, entries: entries.values(), changes: changesFromRows(past, entries) };
}

function changesFromRows(past: readonly PastRow[], entries: ReadonlyMap<string, StoreEntry>): readonly WatchBatch[] {
  const overlay = new Map<string, StoreEntry | undefined>();
  const batches: { readonly revision: number; readonly events: StoreEvent[] }[] = [];
  for (const row of past.toReversed()) {
    const [revision, key, text, modRevision, createRevision] = row;
    const after = overlay.has(key) ? overlay.get(key) : entries.get(key);
    const previous =
      text === null || modRevision === null || createRevision === null
        ? undefined
        : entryFromRow([key, text, modRevision, createRevision]);
    overlay.set(key, previous);
    let batch = batches.at(-1);
    if (batch?.revision !== revision) {
      batch = { revision, events: [] };
      batches.push(batch);
    }
    batch.events.push(eventOf(revision, key, previous, after));
  }
  for (const { events } of batches) events.reverse();
  return batches.reverse();
}

function eventOf(
  revision: number,
  key: string,
  previous: StoreEntry | undefined,
  after: StoreEntry | undefined,
): StoreEvent {
  if (after?.modRevision === revision) return { type: 'put', entry: after, previous };
  if (after === undefined && previous !== undefined) return { type: 'delete', key, revision, previous };
  throw corrupt(`the change log and the entry of key "${key}" disagree at revision ${revision}`);
}

function entryFromRow([key, text, modRevision, createRevision]: EntryRow): StoreEntry {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw corrupt(`the value of key "${key}" is not JSON`);
  }
  return { key, value, modRevision, createRevision };
}

function corrupt(because: string): Fault {
  return new Fault('store_corrupt', `Cannot load the store: ${because}`, { retry: 'never' });
}
