/**
 * Time as a value that is handed in, so that the whole cluster can run on simulated time.
 * Wall time is for display; durations and proofs use `bootMs`.
 */
export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds since this host booted; counts suspend. Monotonic. */
  bootMs(): number;
  /** Resolves after `ms`, rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A signal that aborts after `ms` (reason: a `Fault` with code `deadline_exceeded`) or when `signal` does. */
  timeout(ms: number, signal?: AbortSignal): AbortSignal;
}
