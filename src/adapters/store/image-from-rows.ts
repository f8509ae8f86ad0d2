import { Fault } from '../../core/kit/fault.ts';
import type { Json } from '../../core/kit/json.ts';
import type { StoreEntry, StoreEvent } from '../../ports/store.ts';
import type { EntryRow, LoadChunk, MediumHead, PastRow } from './medium-rows.ts';
import { SharedValues } from './shared-values.ts';
import type { StoreImage } from './store-views.ts';
import { type UndoOfMembers, undone } from './undo.ts';

/**
 * What a database holds, as the views want it, made of its rows as they come. The change log is an undo log (see
 * `sqlite-schema.ts`): walking it backwards from the current entries gives each change its entry before and after.
 * Throws `store_corrupt` when rows contradict each other.
 */
export class ImageFromRows {
  readonly #values = new SharedValues();
  readonly #entries = new Map<string, StoreEntry>();
  /** What a change further back led to, where it is no more what the database holds. */
  readonly #overlay = new Map<string, StoreEntry | undefined>();
  /** The newest first, and so are the events in each. */
  readonly #batches: { readonly revision: number; readonly events: StoreEvent[] }[] = [];

  /** All entries come before the first change. */
  add({ entries, changes }: LoadChunk): void {
    for (const row of entries) this.#entries.set(row[0], this.#entryFrom(row));
    for (const row of changes) this.#addChange(row);
  }

  image(head: MediumHead): StoreImage {
    for (const { events } of this.#batches) events.reverse();
    return { ...head, entries: this.#entries.values(), changes: this.#batches.reverse() };
  }

  #addChange(row: PastRow): void {
    const [revision, key] = row;
    const after = this.#overlay.has(key) ? this.#overlay.get(key) : this.#entries.get(key);
    const previous = this.#previousOf(row, after);
    this.#overlay.set(key, previous);
    let batch = this.#batches.at(-1);
    if (batch?.revision !== revision) {
      batch = { revision, events: [] };
      this.#batches.push(batch);
    }
    batch.events.push(eventOf(revision, key, previous, after));
  }

  #previousOf(row: PastRow, after: StoreEntry | undefined): StoreEntry | undefined {
    const [revision, key, text, modRevision, createRevision, isUndo] = row;
    if (text === null || modRevision === null || createRevision === null) return undefined;
    if (isUndo === 0) return this.#entryFrom([key, text, modRevision, createRevision]);
    if (after === undefined) throw corrupt(disagreement(key, revision));
    try {
      // It shares with the value after it what did not change.
      const value = undone(after.value, JSON.parse(text) as UndoOfMembers);
      return { key, value, modRevision, createRevision };
    } catch {
      throw corrupt(disagreement(key, revision));
    }
  }

  #entryFrom([key, text, modRevision, createRevision]: EntryRow): StoreEntry {
    let value: Json;
    try {
      value = JSON.parse(text) as Json;
    } catch {
      throw corrupt(`the value of key "${key}" is not JSON`);
    }
    return { key, value: this.#values.share(key, value), modRevision, createRevision };
  }
}

const disagreement = (key: string, revision: number): string =>
  `the change log and the entry of key "${key}" disagree at revision ${revision}`;

function eventOf(
  revision: number,
  key: string,
  previous: StoreEntry | undefined,
  after: StoreEntry | undefined,
): StoreEvent {
  if (after?.modRevision === revision) return { type: 'put', entry: after, previous };
  if (after === undefined && previous !== undefined) return { type: 'delete', key, revision, previous };
  throw corrupt(disagreement(key, revision));
}

function corrupt(because: string): Fault {
  return new Fault('store_corrupt', `Cannot load the store: ${because}`, { retry: 'never' });
}
