/**
 * What the CLI touches of the world, handed in by `src/bin`: the tests drive the whole program in one process with it,
 * on a terminal or in a pipe. The CLI keeps no state and decides nothing about VMs: it asks the API and prints.
 */
import type { Readable } from 'node:stream';
import type { Http } from '../client/api-client.ts';

export interface CliOutput {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; null in a pipe, where nothing is cut. */
  readonly columns: number | null;
}

export interface CliClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`, rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Aborts after `ms`, or when `signal` does. */
  timeout(ms: number, signal?: AbortSignal): AbortSignal;
}

/** Standard input; `setRaw` hands every key to the program (a no-op in a pipe). */
export interface CliInput {
  readonly isTerminal: boolean;
  readonly stream: Readable;
  setRaw(raw: boolean): void;
}

export interface CliIo {
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly stdin: CliInput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: CliClock;
  readonly fetch: Http;
  readonly openSocket: (url: string) => WebSocket;
  /** Unique text, for idempotency keys. */
  readonly uuid: () => string;
  /** Data directories of `up` to look into when no server is named, best first. */
  readonly dataDirs: readonly string[];
  readonly version: string;
  /** Aborts with a fault `interrupted` on Ctrl-C. */
  readonly signal: AbortSignal;
}
