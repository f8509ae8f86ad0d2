/** Simulated time and chance for tests of the fake runtime alone; the simulator has its own. */
import { Fault } from '../../../../core/kit/fault.ts';
import type { Clock } from '../../../../ports/clock.ts';
import type { Random } from '../../../../ports/random.ts';

export interface StepClock extends Clock {
  advance(ms: number): Promise<void>;
  /** Lets time pass as long as the promise needs it. */
  during<T>(promise: Promise<T>): Promise<T>;
}

export function createStepClock(): StepClock {
  let time = 0;
  let timers: { readonly at: number; readonly fire: () => void }[] = [];
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const clock: StepClock = {
    now: () => 1_700_000_000_000 + time,
    bootMs: () => 1_000_000 + time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        timers.push({ at: time + ms, fire: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    timeout(ms, signal) {
      const controller = new AbortController();
      timers.push({ at: time + ms, fire: () => controller.abort(new Fault('deadline_exceeded', `After ${ms} ms`)) });
      signal?.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
      return controller.signal;
    },
    async advance(ms) {
      const until = time + ms;
      for (;;) {
        await turn();
        const next = timers.toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > until) break;
        timers = timers.filter((timer) => timer !== next);
        time = Math.max(time, next.at);
        next.fire();
      }
      time = until;
    },
    async during(promise) {
      let isDone = false;
      const done = promise.finally(() => {
        isDone = true;
      });
      done.catch(() => undefined);
      for (let steps = 0; steps < 10_000; steps += 1) {
        await turn();
        if (isDone) break;
        await clock.advance(10);
      }
      return done;
    },
  };
  return clock;
}

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
