/**
 * Running is wanted and something lives: is it the right run, let go, in the wanted state, with the wanted shape?
 * The drift policy decides about deviations that nobody ordered; an order (a newer generation) is always carried out.
 */
import { backoffResetAfterMs } from '../kit/backoff.ts';
import type { TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { LiveSituation } from './classify.ts';
import { decideGuestState, decideGuestStateMet, isOnlyReported } from './decide-guest-state.ts';
import { decideHealth, isRepaired } from './decide-health.ts';
import { decideSilent } from './decide-silent.ts';
import { condemn } from './decide-stop.ts';
import { decideSuperseded } from './decide-superseded.ts';
import { act, type Because, type Decision, inconclusive, journal, nothing } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { ExecutingState } from './evidence.ts';
import { inPlaceChanges } from './in-place.ts';
import { isStartedFromAnother, startedAtOf } from './incarnation.ts';
import type { InstanceRecord } from './record.ts';

export function decideRunning(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  now: TimeMs,
): Decision {
  const { incarnation, guest } = situation;
  if (incarnation.run < desired.run) return decideSuperseded(desired, record, situation, now);
  switch (guest) {
    case 'silent':
      return decideSilent(desired, record, situation, now);
    case 'frozen':
      return decideFrozen(desired, situation, now);
    case 'panicked':
      return journal({ kind: 'guest_stopped', how: 'panic' }, 'guest_panicked');
    case 'internal_error':
      return act(condemn(desired, situation, 'unresponsive', now), 'unresponsive');
    case 'running':
    case 'paused':
    case 'io_error':
      return decideGuest(desired, record, situation, guest, now);
    case 'powered_off':
      return journal({ kind: 'guest_stopped', how: 'power_off' }, 'guest_power_off');
    default:
      return exhaustive(guest);
  }
}

/** Nothing was ever executed: an order that came meanwhile is started from, at no cost to anybody (spec §2). */
function decideFrozen(desired: DesiredVm, situation: LiveSituation, now: TimeMs): Decision {
  if (!isStartedFromAnother(desired, situation.incarnation)) return act({ kind: 'resume' }, 'frozen');
  return act(condemn(desired, situation, 'run_superseded', now), 'change_while_starting');
}

function decideGuest(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  guest: ExecutingState,
  now: TimeMs,
): Decision {
  const state = decideGuestState(desired, record, situation, guest);
  const reported = isOnlyReported(state) ? state : null;
  if (state !== null && reported === null) return state;
  const health = guest === 'running' && reported === null ? decideHealth(desired, record, situation, now) : null;
  const open = health ?? decideShape(desired, record, situation, reported !== null, now) ?? reported;
  if (open !== null) return open;
  if (record.observedGeneration < desired.generation) return journal({ kind: 'realised' }, 'generation_realised');
  return decideHealthy(record, situation, now);
}

/** Null: the process has the shape that is wanted, as far as it can without a restart. */
function decideShape(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  deviates: boolean,
  now: TimeMs,
): Decision | null {
  const ordered = record.observedGeneration < desired.generation;
  if (situation.facts === null) return inconclusive(now);
  const fields = inPlaceChanges(desired.spec, situation.facts, record.hostPorts);
  if (fields.length > 0) {
    const because: Because = ordered ? 'change_in_place' : 'out_of_band';
    if (!ordered && desired.spec.driftPolicy === 'detect') return nothing('drift_detect_only');
    const error = record.operationError;
    const retryAt = error !== null && error.generation >= desired.generation ? error.retryAt : null;
    if (retryAt !== null && retryAt > now) return nothing('operation_failed', retryAt);
    const met = deviates ? null : decideGuestStateMet(desired, record);
    return met ?? act({ kind: 'update', fields }, because);
  }
  return isRepaired(desired, record, situation) ? journal({ kind: 'repaired' }, 'proof_of_life') : null;
}

/** Nothing differs. What is left is to forget old failures once the guest has been up for long enough. */
function decideHealthy({ restart }: InstanceRecord, situation: LiveSituation, now: TimeMs): Decision {
  if (restart.attempt === 0 || situation.health?.isWell === false) return nothing('converged');
  const since = startedAtOf(situation.incarnation.state) ?? now;
  const resetAt = since + backoffResetAfterMs;
  if (now >= resetAt) return journal({ kind: 'backoff_reset', attempts: restart.attempt }, 'healthy_again');
  return nothing('converged', resetAt);
}
