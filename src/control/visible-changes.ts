/**
 * Changes that may reach a guest, a task or a node, for the loops that follow the rows. Labels change all day: whether a change is
 * one of theirs is asked here once, and not by each loop.
 */
import type { Store, WatchBatch } from '../ports/store.ts';
import { isInvisibleToGuests } from './rows.ts';

export interface VisibleChanges {
  /** Calls `listener` for what is committed from now on, as the store's watch would. Returns what ends it. */
  watch(listener: (batch: WatchBatch) => void): () => void;
  close(): void;
}

export function followVisibleChanges(store: Store): VisibleChanges {
  const listeners = new Map<(batch: WatchBatch) => void, number>();
  const watch = store.watch('', store.revision(), (batch) => {
    const visible = visibleOf(batch);
    if (visible === null) return;
    for (const [listener, since] of listeners) if (visible.revision > since) listener(visible);
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
function visibleOf({ revision, events }: WatchBatch): WatchBatch | null {
  const visible = events.filter((event) => !isInvisibleToGuests(event));
  return visible.length === 0 ? null : { revision, events: visible };
}
