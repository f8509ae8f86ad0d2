/** May the same call be tried again: never, later (after a backoff), or at once. */
export type FaultRetry = 'never' | 'later' | 'now';

/**
 * An error that is part of operating in the real world: a port threw it, only the edge of a loop or of the API catches it.
 * `code` is stable snake_case; the message names the action that failed. Refusals are returned values, invariants plain errors.
 */
export class Fault extends Error {
  readonly code: string;
  readonly retry: FaultRetry;
  /** Facts by code, fit for an error envelope (no host paths, no pids: spec S7). */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: {
      readonly retry?: FaultRetry;
      readonly cause?: unknown;
      readonly details?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.retry = options.retry ?? 'later';
    this.details = options.details ?? {};
  }
}

/** Reads the code of anything thrown; foreign errors are `internal`. */
export function faultCode(error: unknown): string {
  return error instanceof Fault ? error.code : 'internal';
}

/**
 * What may be said of an error beyond this host (spec S7): a fault's own words; of anything else only the code of the
 * system or its kind, since its text may hold host paths.
 */
export function tellable(error: unknown): string {
  if (error instanceof Fault) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code)) return `an unforeseen error (${code})`;
  return `an unforeseen error (${error instanceof Error ? error.name : typeof error})`;
}
