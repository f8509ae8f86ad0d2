/**
 * The phase of a VM: one function and only one, computed at each read, never stored (spec S3). First match wins:
 *
 *   removed → gone · node removed → orphaned · desired deleted → deleting · not placed → pending · failure → error
 *   · then by the live incarnation · none live: creating / starting where running is wanted and not held off, else stopped
 *
 * A transient phase that outlives its deadline reads `error` (spec F1: nothing is ever stuck).
 */
import { currentObservation, type VmView } from '../convergence/vm-view.ts';
import { waitingFor } from '../convergence/waiting.ts';
import type { TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { ObservedIncarnation, ObservedInstance } from '../node/observation.ts';
import { failureKinds } from './failure-reason.ts';
import type { IncarnationStateKind } from './incarnation.ts';
import { isLiveKind } from './live-kind.ts';
import type { VmRecord } from './vm-record.ts';

export const phases = [
  'pending',
  'creating',
  'starting',
  'running',
  'paused',
  'stopping',
  'stopped',
  'migrating',
  'error',
  'deleting',
  'orphaned',
  'gone',
] as const;

export type Phase = (typeof phases)[number];

/** Completes `it is …`. */
export const phaseWords = (phase: Phase): string => (phase === 'error' ? 'in error' : phase);

export type TransientPhase = 'creating' | 'starting' | 'stopping' | 'migrating' | 'deleting';

export function isTransient(phase: Phase): phase is TransientPhase {
  return (
    phase === 'creating' ||
    phase === 'starting' ||
    phase === 'stopping' ||
    phase === 'migrating' ||
    phase === 'deleting'
  );
}

/** The phase, with the deadline of transient ones judged at `now`. */
export function phaseOf(view: VmView, now: TimeMs): Phase {
  const phase = phaseBeforeDeadline(view);
  if (!isTransient(phase)) return phase;
  return now >= waitingFor(view, phase).deadline ? 'error' : phase;
}

/** The phase as if no deadline could pass; what time alone adds is `phaseOf`. */
export function phaseBeforeDeadline(view: VmView): Phase {
  const { record, placement } = view;
  if (view.removedAt !== null) return 'gone';
  if (view.node?.health === 'removed') return 'orphaned';
  if (record.desiredPhase === 'deleted') return 'deleting';
  if (placement === null || placement.kind === 'pending') return 'pending';
  const observed = currentObservation(view)?.instance ?? null;
  if (observed !== null && standingFailureOf(view, observed) !== null) return 'error';
  const live = liveIncarnation(observed);
  if (live !== null) return phaseOfLive(live.state, observed?.everRan === true);
  if (record.desiredPhase !== 'running' || isHeldOff(record, observed)) return 'stopped';
  return observed?.everRan === true ? 'starting' : 'creating';
}

function phaseOfLive(state: IncarnationStateKind, everRan: boolean): Phase {
  switch (state) {
    case 'migrating':
      return 'migrating';
    case 'stopping':
      return 'stopping';
    case 'creating':
    case 'starting':
      return everRan ? 'starting' : 'creating';
    case 'rebooting':
      return 'starting';
    case 'paused':
      return 'paused';
    case 'running':
      return 'running';
    case 'stopped':
    case 'failed':
    case 'destroyed':
    case 'unwound':
      return 'stopped';
    default:
      return exhaustive(state);
  }
}

/** The incarnation that is not proven over, where there is one. */
export function liveIncarnation(observed: ObservedInstance | null): ObservedIncarnation | null {
  const incarnation = observed?.incarnation ?? null;
  return incarnation !== null && isLiveKind(incarnation.state) ? incarnation : null;
}

type Failure = Pick<NonNullable<ObservedInstance['failure']>, 'reason' | 'generation'>;

/** What makes the phase `error`: what failed last, unless a newer order that the node holds has it tried again. */
export function standingFailureOf(view: VmView, observed: ObservedInstance): Failure | null {
  const failure = failureOf(observed);
  const isAnew =
    failure === observed.failure ? isTriedAnew(view.record, observed) : isFetchedAnew(view.record, observed);
  return isAnew ? null : failure;
}

/** Whether a newer run that the node holds has it fetch again, from the beginning, what an older order could not have. */
function isFetchedAnew(record: VmRecord, { operationError, incarnation, seenGeneration }: ObservedInstance): boolean {
  if (operationError === null || record.desiredPhase !== 'running' || seenGeneration < record.generation) return false;
  return operationError.generation < record.generation && (incarnation?.run ?? 0) < record.run;
}

/** Whether the node starts again for a newer order what failed: a change that the failure waited for, or a newer run. */
function isTriedAnew(record: VmRecord, { failure, seenGeneration }: ObservedInstance): boolean {
  if (failure === null || seenGeneration <= failure.generation) return false;
  const { retry } = failureKinds[failure.reason.code];
  if (retry === 'on_change' || retry === 'none') return true;
  return record.run > failure.run && seenGeneration >= record.generation;
}

/**
 * What keeps the present order from being realised: a failure of its own, or an older one that the node leaves as it is
 * although it holds the order (policy `never`, a backoff).
 */
export function failureOfOrder(view: VmView, observed: ObservedInstance): Failure | null {
  const { desiredPhase, generation } = view.record;
  const failure = standingFailureOf(view, observed);
  if (failure === null || failure.generation >= generation) return failure;
  const isLeft = failure === observed.failure && desiredPhase === 'running' && observed.seenGeneration >= generation;
  return isLeft ? failure : null;
}

/** What failed last, whatever was ordered since: a failed operation, or a failure with no incarnation alive since. */
export function failureOf(observed: ObservedInstance): Failure | null {
  if (observed.operationError !== null) return observed.operationError;
  return liveIncarnation(observed) === null ? observed.failure : null;
}

/** F5: the run ended without failure (guest power-off, boot without start_at_boot) and `start` has not asked for another. */
export function isHeldOff(record: VmRecord, observed: ObservedInstance | null): boolean {
  const ended = observed?.runEnded ?? null;
  return ended !== null && ended.run >= record.run;
}
