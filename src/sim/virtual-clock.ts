import { Fault } from '../core/kit/fault.ts';
import type { Clock } from '../ports/clock.ts';

/** Turns of the event loop given to the shells after each timer, so that chains of stream events settle as well. */
const turnsPerStep = 4;

/** Timers run by one `advance`; more means that something re-arms itself without letting time pass. */
const maxSteps = 5_000_000;

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** A clock that stands still until somebody moves it. Same calls in the same order, same history (rule 7). */
export interface VirtualClock extends Clock {
  /** Lets everything run that can run now, without moving time. */
  settle(): Promise<void>;
  /** Moves time by `ms`, firing each timer at its own time and letting all that follows from it run before the next. */
  advance(ms: number): Promise<void>;
  /** Moves time until `condition` holds, at most `maxMs`; throws with `what` when it does not come true. */
  advanceUntil(condition: () => boolean, maxMs: number, what: string): Promise<void>;
  /** Timers that wait now; a leak shows here. */
  pending(): number;
}

/** `turn` resolves when everything that can run without time passing has had its turn; streams need `setImmediate`. */
export function createVirtualClock(
  options: { readonly startMs?: number; readonly bootMs?: number; readonly turn?: () => Promise<void> } = {},
): VirtualClock {
  const startMs = options.startMs ?? Date.UTC(2026, 2, 2, 9, 0, 0);
  const bootAtStart = options.bootMs ?? 1_000_000;
  const turn = options.turn ?? (() => new Promise<void>((resolve) => process.nextTick(resolve)));
  let elapsed = 0;
  let order = 0;
  // A binary heap by time, then by order of arming; cancelled timers stay until they come up.
  const heap: Timer[] = [];
  let waiting = 0;

  const arm = (ms: number, fire: () => void): Timer => {
    order += 1;
    waiting += 1;
    const timer = { at: elapsed + Math.max(0, ms), order, fire, cancelled: false };
    push(heap, timer);
    return timer;
  };

  const cancel = (timer: Timer): void => {
    if (timer.cancelled) return;
    timer.cancelled = true;
    waiting -= 1;
  };

  const settle = async (): Promise<void> => {
    for (let i = 0; i < turnsPerStep; i++) await turn();
  };

  const nextTimer = (): Timer | undefined => {
    while (heap[0]?.cancelled === true) pop(heap);
    return heap[0];
  };

  /** Runs timers up to `until` (elapsed ms) while `go` says so. */
  const run = async (until: number, go: () => boolean): Promise<void> => {
    await settle();
    for (let step = 0; go(); step++) {
      if (step >= maxSteps) throw new Error(`Virtual clock: ${maxSteps} timers fired in one advance`);
      const timer = nextTimer();
      if (timer === undefined || timer.at > until) break;
      pop(heap);
      cancel(timer);
      elapsed = Math.max(elapsed, timer.at);
      timer.fire();
      await settle();
    }
  };

  return {
    now: () => startMs + elapsed,
    bootMs: () => bootAtStart + elapsed,
    sleep(ms, signal) {
      return new Promise<void>((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const onAbort = () => {
          cancel(timer);
          reject(signal?.reason);
        };
        const timer = arm(ms, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    timeout(ms, signal) {
      const controller = new AbortController();
      if (signal?.aborted) {
        controller.abort(signal.reason);
        return controller.signal;
      }
      const onAbort = () => {
        cancel(timer);
        controller.abort(signal?.reason);
      };
      const timer = arm(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        controller.abort(new Fault('deadline_exceeded', `No answer within ${ms} ms`));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      return controller.signal;
    },
    settle,
    async advance(ms) {
      const until = elapsed + ms;
      await run(until, () => true);
      elapsed = Math.max(elapsed, until);
    },
    async advanceUntil(condition, maxMs, what) {
      const until = elapsed + maxMs;
      await run(until, () => !condition());
      if (!condition()) throw new Error(`Not within ${maxMs} ms of simulated time: ${what}`);
    },
    pending: () => waiting,
  };
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !before(timer, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const left = heap[child];
    if (left === undefined) break;
    const right = heap[child + 1];
    if (right !== undefined && before(right, left)) child += 1;
    const smaller = heap[child];
    if (smaller === undefined || !before(smaller, last)) break;
    heap[at] = smaller;
    at = child;
  }
  heap[at] = last;
}
