import type { Clock } from '../../ports/clock.ts';
import type { ImageProgress } from '../../ports/images.ts';
import { pause } from '../../ports/pause.ts';

/** How long the last asker's abort waits for the work to clean up after itself before it returns all the same. */
const CLEAN_UP_WAIT_MS = 5_000;

interface Flight<T> {
  readonly controller: AbortController;
  readonly listeners: Set<ImageProgress>;
  /** What the last progress was; a late joiner is told at once. */
  last: Parameters<ImageProgress>[0] | undefined;
  readonly result: Promise<T>;
}

/** What a flight does: obeys the signal, which aborts when nobody waits any more, and tells of progress. */
export type FlightWork<T> = (onProgress: ImageProgress, signal: AbortSignal) => Promise<T>;

/** One piece of work per key however many ask; it ends early only when the last asker has gone. */
export class SingleFlight<T> {
  readonly #clock: Clock;
  readonly #flights = new Map<string, Flight<T>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `work` is started only when no flight with this key is under way. Rejects with the signal's reason on abort. */
  async join(key: string, work: FlightWork<T>, onProgress: ImageProgress, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    // A wrapper of its own: two askers may hand in the same function.
    const listener: ImageProgress = (done) => onProgress(done);
    flight.listeners.add(listener);
    if (flight.last !== undefined) listener(flight.last);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([flight.result, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      flight.listeners.delete(listener);
      if (signal.aborted && flight.listeners.size === 0) await this.#cancel(key, flight, signal.reason);
    }
  }

  #start(key: string, work: FlightWork<T>): Flight<T> {
    const controller = new AbortController();
    const listeners = new Set<ImageProgress>();
    const tell: ImageProgress = (done) => {
      flight.last = done;
      for (const listener of listeners) listener(done);
    };
    // Begins a turn later, when its first asker listens.
    const result = Promise.resolve()
      .then(() => work(tell, controller.signal))
      .finally(() => this.#forget(key, flight));
    const flight: Flight<T> = { controller, listeners, last: undefined, result };
    // Nobody may be listening any more when it fails; the askers have their own promise.
    result.catch(() => undefined);
    this.#flights.set(key, flight);
    return flight;
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  async #cancel(key: string, flight: Flight<T>, reason: unknown): Promise<void> {
    this.#forget(key, flight);
    flight.controller.abort(reason);
    const stop = new AbortController();
    const limit = pause(this.#clock, CLEAN_UP_WAIT_MS, stop.signal);
    await Promise.race([flight.result.catch(() => undefined), limit]);
    stop.abort();
  }
}
