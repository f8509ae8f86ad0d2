/**
 * Changes that may reach a guest, a task or a node, for the loops between the rows. Labels change all day, and to ask of each
 * change in each loop whether it is one of those was an eighth of what a change of a label costs: here it is asked once.
 */
import type { Store, StoreEvent, WatchBatch } from '../ports/store.ts';
import { isInvisibleToGuests } from './rows.ts';

export interface SeenChanges {
  /** Calls `listener` for what is committed from now on, as the store's watch would. Returns what ends it. */
  watch(listener: (batch: WatchBatch) => void): () => void;
  close(): void;
}

export function followSeenChanges(store: Store): SeenChanges {
  const listeners = new Map<(batch: WatchBatch) => void, number>();
  const watch = store.watch('', store.revision(), (batch) => {
    const seen = seenOf(batch);
    if (seen === null) return;
    for (const [listener, since] of listeners) if (seen.revision > since) listener(seen);
  });
  return {
    watch(listener) {
      listeners.set(listener, store.revision());
      return () => listeners.delete(listener);
    },
    close() {
      if (watch.kind === 'watching') watch.close();
    },
  };
}

/** Null = nothing of it. */
function seenOf(batch: WatchBatch): WatchBatch | null {
  const { events } = batch;
  if (events.length === 1) return isInvisibleToGuests(events[0] as StoreEvent) ? null : batch;
  const seen = events.filter((event) => !isInvisibleToGuests(event));
  return seen.length === 0 ? null : { ...batch, events: seen };
}
