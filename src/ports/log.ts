import type { Json } from '../core/kit/json.ts';

/** Fields of a log line: snake_case names, never secrets, never host paths or pids outside the node (spec S7). */
export type LogFields = Readonly<Record<string, Json | undefined>>;

/** Structured logging. Synchronous, never throws, has no durable effect. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Log;
}
