import type { Cli } from './cli.ts';
import { readError, renderError, renderErrorJson } from './render-error.ts';

/** Requests of one bulk verb in flight at a time: a control plane serves others too. */
const inFlightMax = 8;

/** Does one thing for each, some at a time. One that fails does not keep the others from it; what was thrown comes back. */
export async function tryEach<T>(
  cli: Cli,
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<readonly unknown[]> {
  const errors: unknown[] = [];
  const waiting = items.values();
  const work = async (): Promise<void> => {
    // One iterator for all workers: each takes the next.
    for (const item of waiting) {
      try {
        await act(item);
      } catch (error) {
        cli.io.signal.throwIfAborted();
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlightMax, items.length) }, work));
  return errors;
}

/** Throws the first error, whose exit code is that of the command, after the others were printed. */
export function throwFirst(cli: Cli, errors: readonly unknown[]): void {
  const [first, ...rest] = errors;
  for (const error of rest.map(readError)) {
    cli.io.stderr.write(cli.format === 'json' ? renderErrorJson(error) : renderError(error, cli.errorView));
  }
  if (first !== undefined) throw first;
}
