import { createAcknowledgedWrites } from './acknowledged-writes.ts';
import { type AtRest, createAtRest } from './at-rest.ts';
import type { Checker } from './checker.ts';
import { convergence } from './convergence.ts';
import { historyGrows } from './history-grows.ts';
import { journaledExecution } from './journaled-execution.ts';
import { oneExecution } from './one-execution.ts';
import { createOrdersKept } from './orders-kept.ts';
import { owners } from './owners.ts';
import { createWatchStreams } from './watch-streams.ts';
import { createWholeAssignments, type WholeAssignments } from './whole-assignments.ts';

/** The checkers of one world, in the order they are asked. */
export function createCheckers(): {
  readonly checkers: readonly Checker[];
  readonly whole: WholeAssignments;
  readonly rest: AtRest;
} {
  const rest = createAtRest();
  const whole = createWholeAssignments();
  const checkers = [
    oneExecution,
    journaledExecution,
    createOrdersKept(),
    historyGrows,
    createAcknowledgedWrites(),
    whole,
    rest,
    createWatchStreams(),
    owners,
    convergence,
  ];
  return { checkers, whole, rest };
}
