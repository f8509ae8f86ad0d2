import type { StoreEvent, WatchBatch } from '../../ports/store.ts';

interface Watcher {
  readonly prefix: string;
  readonly listener: (batch: WatchBatch) => void;
  pending: WatchBatch[];
  open: boolean;
}

/**
 * Hands committed batches to watchers: each once, in order, from a microtask of its own, so that no listener runs inside
 * a call to the store or inside another listener. Filtering is done once per distinct prefix, not once per watcher.
 * What waits here waits for one microtask only, so its size is that of one batch (or of the change log, at a start).
 */
export class WatchHub {
  readonly #byPrefix = new Map<string, Set<Watcher>>();
  readonly #due = new Set<Watcher>();
  #scheduled = false;

  /** Adds a watcher that first gets `backlog` (unfiltered). Returns what ends it. */
  add(prefix: string, backlog: readonly WatchBatch[], listener: (batch: WatchBatch) => void): () => void {
    const watcher: Watcher = { prefix, listener, pending: [], open: true };
    const group = this.#byPrefix.get(prefix) ?? new Set();
    group.add(watcher);
    this.#byPrefix.set(prefix, group);
    for (const batch of backlog) {
      const seen = below(prefix, batch);
      if (seen !== undefined) watcher.pending.push(seen);
    }
    if (watcher.pending.length > 0) this.#wake(watcher);
    return () => {
      watcher.open = false;
      group.delete(watcher);
      if (group.size === 0 && this.#byPrefix.get(prefix) === group) this.#byPrefix.delete(prefix);
    };
  }

  /** Tells every watcher whose prefix is touched, soon. */
  publish(batch: WatchBatch): void {
    for (const [prefix, group] of this.#byPrefix) {
      const seen = below(prefix, batch);
      if (seen === undefined) continue;
      for (const watcher of group) {
        watcher.pending.push(seen);
        this.#wake(watcher);
      }
    }
  }

  /** Resolves when everything published before the call was handed out; then no listener is called any more. */
  async close(): Promise<void> {
    await Promise.resolve();
    this.#deliver();
    for (const group of this.#byPrefix.values()) for (const watcher of group) watcher.open = false;
    this.#byPrefix.clear();
  }

  #wake(watcher: Watcher): void {
    this.#due.add(watcher);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    for (const watcher of this.#due) {
      this.#due.delete(watcher);
      const batches = watcher.pending;
      watcher.pending = [];
      for (const batch of batches) {
        if (watcher.open) call(watcher.listener, batch);
      }
    }
  }
}

/** A listener that throws is a bug: it ends the process as any uncaught error does, and robs no other watcher. */
function call(listener: (batch: WatchBatch) => void, batch: WatchBatch): void {
  try {
    listener(batch);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function below(prefix: string, batch: WatchBatch): WatchBatch | undefined {
  if (prefix === '') return batch.events.length > 0 ? batch : undefined;
  const events = batch.events.filter((event) => keyOf(event).startsWith(prefix));
  if (events.length === 0) return undefined;
  return events.length === batch.events.length ? batch : { revision: batch.revision, events };
}

function keyOf(event: StoreEvent): string {
  return event.type === 'put' ? event.entry.key : event.key;
}
