import type { Log } from '../ports/log.ts';

/** Nobody reads logs in a simulation: the trace says what happened. */
export const quietLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quietLog,
};
