import { Fault } from '../core/kit/fault.ts';

/** Requests that wait for one key at most: each takes a sync of the store, so the last of them waits some seconds. */
export const turnsWaitingMax = 1_000;

/**
 * One at a time for each key, in the order they came. Only a courtesy: whoever lets others go first loses no
 * compare-and-set to them. The store decides what is right.
 */
export interface Turns {
  /** Whether one would have to wait. */
  isTaken(key: string): boolean;
  /** Resolves when the turn has come, with what ends it. Fault `store_busy` when too many wait. */
  take(key: string): Promise<() => void>;
}

export function createTurns(): Turns {
  const queues = new Map<string, { waiting: number; last: Promise<void> }>();
  return {
    isTaken: (key) => queues.has(key),
    async take(key) {
      const queue = queues.get(key) ?? { waiting: 0, last: Promise.resolve() };
      if (queue.waiting > turnsWaitingMax) {
        throw new Fault('store_busy', `Cannot write to the store: ${turnsWaitingMax} requests wait for ${key} already`);
      }
      queues.set(key, queue);
      const { promise, resolve } = Promise.withResolvers<void>();
      const before = queue.last;
      queue.last = promise;
      queue.waiting += 1;
      await before;
      return () => {
        queue.waiting -= 1;
        if (queue.waiting === 0) queues.delete(key);
        resolve();
      };
    },
  };
}
