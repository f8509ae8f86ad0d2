/** Simulated time and chance for tests of runtimes alone. */
import type { Random } from '../../../../ports/random.ts';
import { createVirtualClock, type VirtualClock } from '../../../../sim/virtual-clock.ts';

/** Turns of the event loop between its steps, so that sockets are heard as well. */
export const createTestClock = (): VirtualClock =>
  createVirtualClock({ turn: () => new Promise<void>((resolve) => setImmediate(resolve)) });

/** Lets time pass as long as the promise needs it. */
export async function during<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isDone = false;
  const done = promise.finally(() => {
    isDone = true;
  });
  done.catch(() => undefined);
  await clock.advanceUntil(() => isDone, 100_000, 'an answer');
  return done;
}

/** One seed, one history. */
export function createCountingRandom(): Random {
  let count = 0;
  const next = (): number => {
    count += 1;
    return count;
  };
  return {
    next: () => (next() * 0.618_033_988_7) % 1,
    uuid: () => `0195a3c1-0000-7000-8000-${next().toString(16).padStart(12, '0')}`,
    hex: (bytes) =>
      next()
        .toString(16)
        .padStart(bytes * 2, '0'),
  };
}
