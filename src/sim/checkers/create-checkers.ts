import { createAcknowledgedWrites } from './acknowledged-writes.ts';
import { createArtefactsFirst } from './artefacts-first.ts';
import { type AtRest, createAtRest } from './at-rest.ts';
import type { Checker } from './checker.ts';
import { convergence } from './convergence.ts';
import { createDisksAsked, type DisksAsked } from './disks-asked.ts';
import { createEffectsOrdered, type EffectsOrdered } from './effects-ordered.ts';
import { historyGrows } from './history-grows.ts';
import { journaledExecution } from './journaled-execution.ts';
import { oneExecution } from './one-execution.ts';
import { createOrdersKept } from './orders-kept.ts';
import { owners } from './owners.ts';
import { createReadings } from './readings.ts';
import { realised } from './realised.ts';
import { createRemovals } from './removals.ts';
import { createWaitingForRoom } from './waiting-for-room.ts';
import { createWatchStreams } from './watch-streams.ts';
import { createWholeAssignments, type WholeAssignments } from './whole-assignments.ts';

/** The checkers of one world, in the order they are asked. */
export function createCheckers(): {
  readonly checkers: readonly Checker[];
  readonly whole: WholeAssignments;
  readonly rest: AtRest;
  readonly ordered: EffectsOrdered;
  readonly asked: DisksAsked;
} {
  const rest = createAtRest();
  const whole = createWholeAssignments();
  const ordered = createEffectsOrdered();
  const asked = createDisksAsked();
  const checkers = [
    oneExecution,
    journaledExecution,
    createOrdersKept(),
    ordered,
    asked,
    createArtefactsFirst(),
    createWaitingForRoom(),
    realised,
    historyGrows,
    createAcknowledgedWrites(),
    whole,
    rest,
    createWatchStreams(),
    createReadings(),
    createRemovals(),
    owners,
    convergence,
  ];
  return { checkers, whole, rest, ordered, asked };
}
