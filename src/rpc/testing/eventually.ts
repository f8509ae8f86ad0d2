import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so; the deadline is long because it is only reached when the test has failed. */
export async function eventually(isSo: () => boolean, deadlineMs = 180_000): Promise<void> {
  const until = performance.now() + deadlineMs;
  while (!isSo()) {
    if (performance.now() > until) throw new Error(`Not so after ${deadlineMs} ms: ${isSo}`);
    await sleep(2);
  }
}
