import type { Cli } from './cli.ts';

/** Acts again and again until the signal aborts: what moves on a terminal. */
export async function repeat(
  cli: Cli,
  { everyMs, signal }: { readonly everyMs: number; readonly signal: AbortSignal },
  act: () => void,
): Promise<void> {
  while (!signal.aborted) {
    // An abort ends the pause, and with it the loop.
    await cli.io.clock.sleep(everyMs, signal).catch(() => {});
    if (!signal.aborted) act();
  }
}
