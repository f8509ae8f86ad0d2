import type { WatchBatch } from '../../ports/store.ts';

/**
 * The newest changes, for watches that start in the past. Bounded by events, dropped by whole revisions.
 * It is trimmed only when an eighth over its limit, so that trimming (and its SQL) happens once in a while.
 */
export class ChangeLog {
  readonly #limitEvents: number;
  #batches: WatchBatch[] = [];
  /** Batches before this index are dropped; the array is cut when they are the larger half. */
  #start = 0;
  #events = 0;
  #oldestRevision: number;

  /** `oldestRevision`: everything after it is in what will be appended. */
  constructor(limitEvents: number, oldestRevision: number) {
    this.#limitEvents = limitEvents;
    this.#oldestRevision = oldestRevision;
  }

  /** The smallest revision a watch can start from. */
  get oldestRevision(): number {
    return this.#oldestRevision;
  }

  append(batch: WatchBatch): void {
    this.#batches.push(batch);
    this.#events += batch.events.length;
    if (this.#events <= this.#limitEvents + (this.#limitEvents >>> 3)) return;
    while (this.#events > this.#limitEvents) this.#dropOldest();
    if (this.#start > this.#batches.length / 2) {
      this.#batches = this.#batches.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Every batch after `revision` in order, or nothing when some of them are dropped. */
  after(revision: number): readonly WatchBatch[] | undefined {
    if (revision < this.#oldestRevision) return undefined;
    let low = this.#start;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#batches[middle] as WatchBatch).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#batches.slice(low);
  }

  #dropOldest(): void {
    const dropped = this.#batches[this.#start] as WatchBatch;
    this.#start += 1;
    this.#events -= dropped.events.length;
    this.#oldestRevision = dropped.revision;
  }
}
