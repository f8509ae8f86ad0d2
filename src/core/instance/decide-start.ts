/**
 * Nothing lives and running is wanted: may a new incarnation start now? The restart policy and the retry classes of spec §2
 * answer; a newer `run` (the user's `start` or `reboot`) overrides all of them. A backoff is for what was tried: what has been
 * changed since is tried at once.
 */

import type { TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import { act, type Because, type Decision, journal, nothing } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import { failureKinds } from './failure-reason.ts';
import { isStartedFromAnother } from './incarnation.ts';
import type { InstanceRecord, StandingFailure } from './record.ts';
import type { RestartPolicy } from './spec.ts';

export function decideStart(desired: DesiredVm, record: InstanceRecord | null, now: TimeMs): Decision {
  if (record === null) return act({ kind: 'start' }, 'missing');
  if (record.runEnded !== null && record.runEnded.run >= desired.run) {
    return heldOff(
      desired,
      record,
      record.runEnded.cause === 'guest_power_off' ? 'guest_power_off' : 'start_at_boot_disabled',
    );
  }
  const failure = record.failure;
  if (failure !== null && failure.run >= desired.run) return decideRetry(desired, record, failure, now);
  const nextAt = backoffEnd(desired, record, now);
  if (nextAt !== null && (record.incarnation?.run ?? 0) >= desired.run) return nothing('backing_off', nextAt);
  return act({ kind: 'start' }, startBecause(desired, record));
}

/** F5: a run that ended without failure stays ended; that is the realised state of this generation. */
function heldOff(desired: DesiredVm, record: InstanceRecord, because: Because): Decision {
  if (record.observedGeneration < desired.generation) {
    return journal({ kind: 'realised' }, because);
  }
  return nothing(because);
}

function decideRetry(desired: DesiredVm, record: InstanceRecord, failure: StandingFailure, now: TimeMs): Decision {
  const retry = failureKinds[failure.reason.code].retry;
  const changed = desired.generation > failure.generation;
  switch (retry) {
    case 'on_change':
    case 'none':
      return changed ? act({ kind: 'start' }, 'missing') : nothing('awaiting_change');
    case 'later':
      return dueOrWait(backoffEnd(desired, record, now), 'retry_later');
    case 'by_policy':
      if (desired.spec.restartPolicy === 'never') return nothing('restart_policy_never');
      return dueOrWait(backoffEnd(desired, record, now), restartBecause(desired.spec.restartPolicy));
    default:
      return exhaustive(retry);
  }
}

/** Whether a start for this order is one more try, by itself, of what failed. */
export const isTriedAgain = (failure: StandingFailure | null, { generation }: DesiredVm): boolean =>
  failure !== null && failure.generation >= generation && failureKinds[failure.reason.code].retry === 'later';

function dueOrWait(nextAt: TimeMs | null, because: Because): Decision {
  return nextAt === null ? act({ kind: 'start' }, because) : nothing('backing_off', nextAt);
}

/** Which policy starts again what ended; `never` starts nothing. */
export const restartBecause = (policy: RestartPolicy): Because =>
  policy === 'always' ? 'restart_policy_always' : 'restart_policy_on_failure';

/** Null: the next try is due. */
function backoffEnd(desired: DesiredVm, { incarnation, restart }: InstanceRecord, now: TimeMs): TimeMs | null {
  const { nextAt } = restart;
  if (nextAt === null || nextAt <= now) return null;
  return incarnation !== null && isStartedFromAnother(desired, incarnation) ? null : nextAt;
}

function startBecause(desired: DesiredVm, record: InstanceRecord): Because {
  const last = record.incarnation;
  if (last === null) return 'missing';
  if (last.run < desired.run) return 'run_superseded';
  return desired.spec.restartPolicy === 'always' ? 'restart_policy_always' : 'missing';
}
