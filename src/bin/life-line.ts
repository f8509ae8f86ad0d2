/**
 * A signal that aborts when this process is asked to end: SIGTERM, SIGINT, or — under `holdfast up` — when standard input
 * ends, which it does however the supervisor dies. A supervised process ignores SIGINT: Ctrl-C reaches the whole terminal
 * group, and the supervisor decides what it means.
 */
export function endOfLife(supervised: boolean): AbortSignal {
  const controller = new AbortController();
  const end = (because: string): void => controller.abort(new Error(because));
  process.once('SIGTERM', () => end('SIGTERM'));
  if (supervised) {
    process.on('SIGINT', () => {});
    process.stdin.once('end', () => end('the supervisor ended'));
    process.stdin.once('error', () => end('the supervisor ended'));
    process.stdin.resume();
  } else {
    process.once('SIGINT', () => end('SIGINT'));
  }
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
