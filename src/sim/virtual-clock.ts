import { Fault } from '../core/kit/fault.ts';
import { MinHeap } from '../core/kit/min-heap.ts';
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

export interface VirtualClockOptions {
  readonly startMs?: number;
  readonly bootMs?: number;
  /** Resolves when everything that can run without time passing has had its turn; streams need `setImmediate`. */
  readonly turn?: () => Promise<void>;
}

/** A clock that stands still until somebody moves it. Same calls in the same order, same history (rule 7). */
export class VirtualClock implements Clock {
  readonly #startMs: number;
  readonly #bootAtStart: number;
  readonly #turn: () => Promise<void>;
  // By time, then by order of arming; cancelled timers stay until they come up.
  readonly #timers = new MinHeap<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #elapsed = 0;
  #order = 0;
  #pending = 0;

  constructor(options: VirtualClockOptions = {}) {
    this.#startMs = options.startMs ?? Date.UTC(2026, 2, 2, 9, 0, 0);
    this.#bootAtStart = options.bootMs ?? 1_000_000;
    this.#turn = options.turn ?? (() => new Promise<void>((resolve) => process.nextTick(resolve)));
  }

  now(): number {
    return this.#startMs + this.#elapsed;
  }

  bootMs(): number {
    return this.#bootAtStart + this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        this.#cancel(timer);
        reject(signal?.reason);
      };
      const timer = this.#arm(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  timeout(ms: number, signal?: AbortSignal): AbortSignal {
    const controller = new AbortController();
    if (signal?.aborted) {
      controller.abort(signal.reason);
      return controller.signal;
    }
    const onAbort = () => {
      this.#cancel(timer);
      controller.abort(signal?.reason);
    };
    const timer = this.#arm(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      controller.abort(new Fault('deadline_exceeded', `No answer within ${ms} ms`));
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    return controller.signal;
  }

  /** Lets everything run that can run now, without moving time. */
  async settle(): Promise<void> {
    for (let i = 0; i < turnsPerStep; i++) await this.#turn();
  }

  /** Moves time by `ms`, firing each timer at its own time and letting all that follows from it run before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await this.#run(until, () => true);
    this.#elapsed = Math.max(this.#elapsed, until);
  }

  /** Moves time until `condition` holds, at most `maxMs`; throws with `what` when it does not come true. */
  async advanceUntil(condition: () => boolean, maxMs: number, what: string): Promise<void> {
    await this.#run(this.#elapsed + maxMs, () => !condition());
    if (!condition()) throw new Error(`Not within ${maxMs} ms of simulated time: ${what}`);
  }

  /** Timers that wait now; a leak shows here. */
  pending(): number {
    return this.#pending;
  }

  #arm(ms: number, fire: () => void): Timer {
    this.#order += 1;
    this.#pending += 1;
    const timer = { at: this.#elapsed + Math.max(0, ms), order: this.#order, fire, cancelled: false };
    this.#timers.push(timer);
    return timer;
  }

  #cancel(timer: Timer): void {
    if (timer.cancelled) return;
    timer.cancelled = true;
    this.#pending -= 1;
  }

  #next(): Timer | undefined {
    while (this.#timers.peek()?.cancelled === true) this.#timers.pop();
    return this.#timers.peek();
  }

  /** Runs timers up to `until` (elapsed ms) while `go` says so. */
  async #run(until: number, go: () => boolean): Promise<void> {
    await this.settle();
    for (let step = 0; go(); step++) {
      if (step >= maxSteps) throw new Error(`Virtual clock: ${maxSteps} timers fired in one advance`);
      const timer = this.#next();
      if (timer === undefined || timer.at > until) break;
      this.#timers.pop();
      this.#cancel(timer);
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      timer.fire();
      await this.settle();
    }
  }
}

export const createVirtualClock = (options: VirtualClockOptions = {}): VirtualClock => new VirtualClock(options);
