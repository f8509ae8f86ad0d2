import type { Clock } from '../../ports/clock.ts';
import { pause } from '../../ports/pause.ts';
import { imageUnavailable } from './image-faults.ts';

export interface StallLimits {
  /** Longest silence of the source. */
  readonly idleMs: number;
  /** Longest whole download. */
  readonly totalMs: number;
}

/**
 * Ends a download whose source is silent for too long, or that takes too long as a whole. Only time spent waiting
 * for the source counts as silence: a slow disk of our own is no fault of the server.
 */
export class StallGuard {
  readonly #clock: Clock;
  readonly #limits: StallLimits;
  readonly #shown: string;
  readonly #expired = new AbortController();
  readonly #stop = new AbortController();
  readonly #startedAt: number;
  #waitingSince: number | undefined;
  /** Aborts on a stall (reason: the fault) and when the caller's signal does. */
  readonly signal: AbortSignal;

  constructor(clock: Clock, limits: StallLimits, shown: string, signal: AbortSignal) {
    this.#clock = clock;
    this.#limits = limits;
    this.#shown = shown;
    this.#startedAt = clock.bootMs();
    this.signal = AbortSignal.any([signal, this.#expired.signal]);
    void this.#watch();
  }

  /** Waits for the source; the silence counts from here. */
  async waitFor<T>(answer: Promise<T>): Promise<T> {
    this.#waitingSince = this.#clock.bootMs();
    try {
      return await answer;
    } catch (error) {
      // What the stream says when it is torn down is the consequence; the signal's reason is the cause.
      throw this.signal.aborted ? this.signal.reason : error;
    } finally {
      this.#waitingSince = undefined;
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async #watch(): Promise<void> {
    const { idleMs, totalMs } = this.#limits;
    while (!this.#stop.signal.aborted) {
      const now = this.#clock.bootMs();
      const totalLeft = this.#startedAt + totalMs - now;
      const idleLeft = (this.#waitingSince ?? now) + idleMs - now;
      if (totalLeft <= 0) return this.#expire(`not complete within ${totalMs} ms`, 'total_time');
      if (idleLeft <= 0) return this.#expire(`the source sent nothing for ${idleMs} ms`, 'idle_time');
      // The abort of `stop` is the only way a sleep ends early, and ends the loop.
      await pause(this.#clock, Math.ceil(Math.min(totalLeft, idleLeft)), this.#stop.signal);
    }
  }

  #expire(text: string, reason: string): void {
    const fault = imageUnavailable(`Cannot fetch image "${this.#shown}": ${text}`, { url: this.#shown, reason });
    this.#expired.abort(fault);
  }
}
