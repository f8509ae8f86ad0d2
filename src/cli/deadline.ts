import type { Cli } from './cli.ts';

/** When a command stops waiting: one moment for all that it waits for, however many VMs that are. */
export interface Deadline {
  /** How long that was at the beginning, for messages. */
  readonly timeoutMs: number;
  /** Own time. */
  readonly endsAt: number;
}

export const deadlineIn = (cli: Cli, timeoutMs: number): Deadline => ({
  timeoutMs,
  endsAt: cli.io.clock.now() + timeoutMs,
});
