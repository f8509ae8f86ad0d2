/**
 * Simulated time: one queue of timers for the whole world and, on it, a clock per machine that may run ahead, late, or too
 * fast. Timers due at the same moment fire in an order drawn from the seed, else only one interleaving were ever tested.
 */
import { Fault } from '../core/kit/fault.ts';
import { MinHeap } from '../core/kit/min-heap.ts';
import type { Clock } from '../ports/clock.ts';
import type { Life } from './life.ts';
import { createTurn } from './real-turn.ts';
import type { SimRandom } from './sim-random.ts';

export interface Timer {
  cancel(): void;
}

interface Entry {
  readonly at: number;
  readonly tie: number;
  readonly order: number;
  fire: (() => void) | null;
}

/** Wall-clock time at which every world begins. */
export const worldStartMs = Date.UTC(2026, 2, 2, 9, 0, 0);

export class SimTime {
  /** Milliseconds since the world began: true time, which no machine knows. */
  elapsedMs = 0;
  steps = 0;
  readonly #random: SimRandom;
  readonly #turn = createTurn();
  readonly #heap = new MinHeap(before);
  #order = 0;

  constructor(random: SimRandom) {
    this.#random = random;
  }

  schedule(delayMs: number, fire: () => void): Timer {
    this.#order += 1;
    const at = this.elapsedMs + Math.max(0, Math.ceil(delayMs));
    const entry: Entry = { at, tie: this.#random.next(), order: this.#order, fire };
    this.#heap.push(entry);
    return {
      cancel() {
        entry.fire = null;
      },
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(ms, resolve));
  }

  /** Lets everything run that can run now, without moving time. */
  async settle(): Promise<void> {
    await this.#turn();
    await this.#turn();
  }

  /** Fires timer after timer up to `untilMs`, `afterStep` after each; stops early when it answers true. */
  async runUntil(untilMs: number, afterStep: () => boolean): Promise<void> {
    await this.settle();
    for (;;) {
      const next = this.#peek();
      if (next === undefined || next.at > untilMs) break;
      this.#heap.pop();
      this.elapsedMs = next.at;
      this.steps += 1;
      next.fire?.();
      await this.#turn();
      if (afterStep()) return;
    }
    this.elapsedMs = Math.max(this.elapsedMs, untilMs);
  }

  #peek(): Entry | undefined {
    while (this.#heap.peek()?.fire === null) this.#heap.pop();
    return this.#heap.peek();
  }
}

/** The clock of one machine. */
export interface MachineClock {
  /** The clock as one life sees it: when the life ends, its sleeps never end and its time-outs never come. */
  forLife(life: Pick<Life, 'dead'>): Clock;
  /** The machine boots: time since boot begins anew. */
  reboot(): void;
  /** Somebody sets the wall clock. */
  step(ms: number): void;
}

export function createMachineClock(
  time: SimTime,
  skew: { readonly offsetMs: number; readonly rate: number },
): MachineClock {
  let bootedAt = -60_000;
  let offsetMs = skew.offsetMs;
  const { rate } = skew;
  const now = (): number => Math.floor(worldStartMs + offsetMs + time.elapsedMs * rate);
  const bootMs = (): number => Math.floor((time.elapsedMs - bootedAt) * rate);
  return {
    reboot() {
      bootedAt = time.elapsedMs - 1_000;
    },
    step(ms) {
      offsetMs += ms;
    },
    forLife: (life) => ({
      now,
      bootMs,
      sleep(ms, signal) {
        return new Promise<void>((resolve, reject) => {
          if (life.dead) return;
          if (signal?.aborted) {
            reject(signal.reason);
            return;
          }
          const timer = time.schedule(ms / rate, () => {
            signal?.removeEventListener('abort', onAbort);
            if (!life.dead) resolve();
          });
          const onAbort = (): void => {
            timer.cancel();
            if (!life.dead) reject(signal?.reason);
          };
          signal?.addEventListener('abort', onAbort, { once: true });
        });
      },
      timeout(ms, signal) {
        const controller = new AbortController();
        if (signal?.aborted) {
          controller.abort(signal.reason);
          return controller.signal;
        }
        const timer = time.schedule(ms / rate, () => {
          signal?.removeEventListener('abort', onAbort);
          if (!life.dead) controller.abort(new Fault('deadline_exceeded', `No answer within ${ms} ms`));
        });
        const onAbort = (): void => {
          timer.cancel();
          controller.abort(signal?.reason);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        return controller.signal;
      },
    }),
  };
}

function before(a: Entry, b: Entry): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.tie !== b.tie ? a.tie < b.tie : a.order < b.order;
}
