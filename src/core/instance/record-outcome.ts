/**
 * Journal changes that draw consequences: an end, a failed start, a failed stop, a repaired record, generations.
 * Here the restart policy's counters live; whether they allow a start is for `decide` to say.
 */
import { backoffDelayMs, instanceBackoff } from '../kit/backoff.ts';
import type { TimeMs } from '../kit/brand.ts';
import type { EndOfIncarnation } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import { appendFailure, type FailureReason, failureKinds, sameStory } from './failure-reason.ts';
import type { InstanceRecord, StandingFailure } from './record.ts';
import { disksLeftOut } from './record-disks.ts';
import { recordTerminal, recordUncondemned } from './record-incarnation.ts';
import { heldAtBoot } from './record-reboot.ts';

/** Time and chance for a change that sets a retry; `chance` in [0, 1). */
export interface Moment {
  readonly now: TimeMs;
  readonly chance: number;
}

/** A guest that was asked to power off may take so long to do it; one that does it later means it by itself. */
const lateShutdownMs = 600_000;

/** It follows a stop that was given up since, and that is not the guest's wish: running is wanted again (S26), or still is (S11). */
const followsStop = ({ askedToStopAt }: InstanceRecord, now: TimeMs): boolean =>
  askedToStopAt !== null && now < askedToStopAt + lateShutdownMs;

/** An incarnation is proven over. Standing failure, backoff and the end of the run follow from how. */
export function recordEnded(
  record: InstanceRecord,
  desired: DesiredVm | null,
  end: EndOfIncarnation,
  moment: Moment,
): InstanceRecord {
  const over = endOfRun({ ...record, runEnded: null }, desired, end, moment);
  // A live incarnation has that mark from a reboot of its host alone.
  return record.runEnded === null ? over : heldAtBoot(over, desired, record.runEnded.at);
}

function endOfRun(
  record: InstanceRecord,
  desired: DesiredVm | null,
  end: EndOfIncarnation,
  moment: Moment,
): InstanceRecord {
  const run = record.incarnation?.run ?? 0;
  const ended = recordTerminal(record, end, moment.now);
  if (end.kind === 'failed') return standingFailure(ended, orderOf(record, desired), end.reason, moment);
  // The last incarnation did not fail: what an earlier one failed of is history, also where this one never got to run.
  const over = { ...ended, failure: null };
  if (end.cause.kind === 'guest_power_off') {
    if (desired?.spec.restartPolicy === 'always') return { ...over, restart: nextTry(over, 'by_policy', moment) };
    if (followsStop(record, moment.now)) return over;
    return { ...over, runEnded: { run, cause: 'guest_power_off', at: moment.now } };
  }
  if (end.cause.kind === 'host_reboot' && desired !== null && !desired.spec.startAtBoot) {
    return { ...over, runEnded: { run, cause: 'host_reboot', at: moment.now } };
  }
  return over;
}

/** A start failed and no process is left of it. */
export function recordStartFailed(
  record: InstanceRecord,
  desired: DesiredVm,
  reason: FailureReason,
  moment: Moment,
): InstanceRecord {
  const over = recordTerminal(record, { kind: 'failed', reason }, moment.now);
  return standingFailure(over, desired, reason, moment);
}

/** What an end is about: the present order, or, where a newer run was ordered meanwhile, the one the incarnation realised. */
function orderOf(record: InstanceRecord, desired: DesiredVm | null): Pick<StandingFailure, 'generation' | 'run'> {
  const run = record.incarnation?.run ?? 0;
  if (desired !== null && run >= desired.run) return { generation: desired.generation, run };
  return { generation: record.incarnation?.started.generation ?? record.seenGeneration, run };
}

function standingFailure(
  record: InstanceRecord,
  { generation, run }: Pick<StandingFailure, 'generation' | 'run'>,
  reason: FailureReason,
  moment: Moment,
): InstanceRecord {
  const retry = failureKinds[reason.code].retry;
  return {
    ...record,
    failure: { reason, generation, run },
    history: appendFailure(record.history, reason),
    restart: retry === 'later' || retry === 'by_policy' ? nextTry(record, retry, moment) : record.restart,
  };
}

/**
 * The next attempt. After a crash the first one is due at once (a single death is not a loop), then the backoff grows;
 * a failure that will still be there in a moment (`later`) waits from the first time on.
 */
function nextTry(record: InstanceRecord, retry: 'later' | 'by_policy', moment: Moment): InstanceRecord['restart'] {
  const attempt = record.restart.attempt + 1;
  const step = retry === 'by_policy' ? attempt - 1 : attempt;
  const delayMs = step === 0 ? 0 : backoffDelayMs(instanceBackoff, step, moment.chance);
  return { attempt, nextAt: moment.now + delayMs };
}

/**
 * The very failure of this incarnation that was told last. A newer order that fails of the same has nothing new to tell; within
 * one order the words may differ (how far it came, how long it took).
 */
export function isToldAlready(
  { operationError: before, incarnation }: InstanceRecord,
  { code, message }: FailureReason,
  generation: number,
): boolean {
  if (before === null || before.reason.code !== code || before.incarnationId !== (incarnation?.id ?? null))
    return false;
  return before.generation >= generation || before.reason.message === message;
}

/** A start that is tried again by itself, for the order that it failed of before: that it fails of the same is nothing new. */
export function isFailedAgain(
  { failure, history }: InstanceRecord,
  reason: FailureReason,
  generation: number,
): boolean {
  return failure !== null && failure.generation >= generation && sameStory(history, reason) !== undefined;
}

/** An operation on a live incarnation failed; it is tried again later, the incarnation stays what it is. */
export function recordOperationFailed(
  record: InstanceRecord,
  desired: DesiredVm,
  reason: FailureReason,
  moment: Moment,
): InstanceRecord {
  const { generation } = desired;
  const before = record.operationError;
  // A newer order was tried at once, and waits from the beginning.
  const attempt = before !== null && before.generation >= generation ? before.attempt + 1 : 1;
  const retryAt = moment.now + backoffDelayMs(instanceBackoff, attempt, moment.chance);
  const incarnationId = record.incarnation?.id ?? null;
  return {
    ...record,
    operationError: { reason, incarnationId, generation, retryAt, attempt },
    history: isToldAlready(record, reason, generation) ? record.history : appendFailure(record.history, reason),
  };
}

/** S26: the guest did not power off and the policy is `fail`: an error that stands, and no condemned mark. */
export function recordStopFailed(
  record: InstanceRecord,
  desired: DesiredVm,
  reason: FailureReason,
  now: TimeMs,
): InstanceRecord {
  return standingOperationError(recordUncondemned(record, now), desired, reason);
}

/** Its checks fail and no restart is allowed: an error that stands until they pass. */
export function recordUnhealthy(record: InstanceRecord, desired: DesiredVm, reason: FailureReason): InstanceRecord {
  return standingOperationError(record, desired, reason);
}

/** An error on the live incarnation that nothing is tried about. */
function standingOperationError(record: InstanceRecord, desired: DesiredVm, reason: FailureReason): InstanceRecord {
  const incarnationId = record.incarnation?.id ?? null;
  return {
    ...record,
    operationError: { reason, incarnationId, generation: desired.generation, retryAt: null, attempt: 1 },
    history: appendFailure(record.history, reason),
  };
}

/** These checks passed for the first time in this incarnation. */
export function recordChecksPassed(record: InstanceRecord, checks: readonly string[]): InstanceRecord {
  return { ...record, checksPassed: [...record.checksPassed, ...checks] };
}

/** S23: proof of life while running is desired. Nothing else changes: the usage interval was never closed. */
export function recordRepaired(record: InstanceRecord): InstanceRecord {
  return record.operationError === null ? record : { ...record, operationError: null };
}

/** The node holds this generation of the instance (S2b `seen_generation`). A newer run forgets the old run's backoff. */
export function recordSeen(record: InstanceRecord, desired: DesiredVm): InstanceRecord {
  const newer = desired.generation > record.seenGeneration || desired.placement > record.placement;
  if (!newer && record.name === desired.name && record.lastOrder === null) return record;
  const newRun = desired.run > (record.incarnation?.run ?? 0);
  const powerCycled = record.runEnded !== null && desired.run > record.runEnded.run;
  return {
    ...record,
    name: desired.name,
    placement: Math.max(record.placement, desired.placement),
    seenGeneration: Math.max(record.seenGeneration, desired.generation),
    disksToDrop: disksLeftOut(record, desired),
    restart: newRun ? { attempt: 0, nextAt: null } : record.restart,
    runEnded: powerCycled ? null : record.runEnded,
    lastOrder: null,
  };
}

/** No assignment names it any more: what was ordered last is kept, so that another control plane may take it over. */
export const recordLeft = (record: InstanceRecord, lastOrder: DesiredVm): InstanceRecord => ({ ...record, lastOrder });

/** S2b `observed_generation`: the generation is fully realised. A stop that is realised settles what failed before. */
export function recordRealised(record: InstanceRecord, desired: DesiredVm): InstanceRecord {
  const isStopped = desired.desiredPhase !== 'running';
  const settled = isStopped ? null : record.failure;
  if (record.observedGeneration >= desired.generation && record.failure === settled) return record;
  return {
    ...record,
    observedGeneration: Math.max(record.observedGeneration, desired.generation),
    failure: settled,
    operationError: isStopped ? null : record.operationError,
    // Nothing is tried any more; a later start begins with no attempts behind it.
    restart: isStopped ? { attempt: 0, nextAt: null } : record.restart,
  };
}

/** Healthy for long enough: the next failure starts the backoff anew. */
export function recordBackoffReset(record: InstanceRecord): InstanceRecord {
  return { ...record, restart: { attempt: 0, nextAt: null } };
}

/** The monitor fell silent (`null`: it answers again); for so long that it is told, with `silenceTold`. */
export function recordSilence(record: InstanceRecord, silentSince: TimeMs | null, silenceTold = false): InstanceRecord {
  const isSo = record.silentSince === silentSince && record.silenceTold === silenceTold;
  return isSo ? record : { ...record, silentSince, silenceTold };
}
