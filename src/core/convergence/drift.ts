/**
 * Drift: each named difference between desired and observed, with its cause and what is being done about it (spec S11).
 * Never an empty difference; nothing is drift while the control plane merely has not heard (that is `stale`).
 */

import { restartBecause } from '../instance/decide-start.ts';
import type { Because } from '../instance/decision.ts';
import { type FailureCode, failureKinds } from '../instance/failure-reason.ts';
import { failureOf, failureOfOrder, isHeldOff, liveIncarnation } from '../instance/phase.ts';
import type { TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { Json } from '../kit/json.ts';
import type { ObservedIncarnation, ObservedInstance } from '../node/observation.ts';
import { fieldDrifts, heldUp } from './field-drift.ts';
import { isHeldUp, nextRunOf } from './next-run.ts';
import { nextStartAt } from './next-start.ts';
import { currentObservation, type VmView } from './vm-view.ts';

export type DriftCause = 'change_propagating' | 'awaiting_restart' | 'out_of_band' | 'failed' | 'held';

/** What the node does about it; `none` while it waits or only reports. */
export type DriftAction = 'none' | 'start' | 'stop' | 'pause' | 'resume' | 'update' | 'replace' | 'remove';

export interface Drift {
  readonly field: string;
  readonly desired: Json;
  readonly observed: Json;
  readonly cause: DriftCause;
  readonly since: TimeMs;
  readonly action: DriftAction;
  readonly because: Because | 'restart_needed' | 'awaiting_restart' | 'not_seen_yet';
}

/** Every difference of the present placement; empty = nothing differs from what is wanted. */
export function driftOf(view: VmView): readonly Drift[] {
  const { record } = view;
  const observed = currentObservation(view)?.instance ?? null;
  if (view.removedAt !== null || view.placement?.kind !== 'placed') return [];
  if (observed === null) return [unseen(view)];
  switch (record.desiredPhase) {
    case 'deleted':
      return [phaseDrift(view, observed, 'remove', 'being_deleted')];
    case 'stopped':
      return stoppedDrift(view, observed);
    case 'running':
      return runningDrift(view, observed);
    default:
      return exhaustive(record.desiredPhase);
  }
}

function unseen(view: VmView): Drift {
  const { record } = view;
  return {
    field: 'desired_phase',
    desired: record.desiredPhase,
    observed: 'unknown',
    cause: 'change_propagating',
    since: record.generationAt,
    action: record.desiredPhase === 'running' ? 'start' : record.desiredPhase === 'deleted' ? 'remove' : 'none',
    because: record.desiredPhase === 'running' ? 'missing' : 'not_seen_yet',
  };
}

function stoppedDrift(view: VmView, observed: ObservedInstance): readonly Drift[] {
  const live = liveIncarnation(observed);
  if (live === null) return propagating(view, observed);
  const failed = observed.operationError;
  const stands = failed?.reason.code === 'stop_timeout' && failed.generation >= view.record.generation;
  const because: Because = stands
    ? 'stop_failed_stands'
    : view.record.stopMode === 'forced'
      ? 'user_poweroff'
      : 'user_stop';
  return [phaseDrift(view, observed, stands ? 'none' : 'stop', because)];
}

function runningDrift(view: VmView, observed: ObservedInstance): readonly Drift[] {
  const live = liveIncarnation(observed);
  if (live === null && isHeldOff(view.record, observed)) return propagating(view, observed);
  const fields = fieldDrifts(view, observed);
  const guest = live === null ? absent(view, observed, fields.length > 0) : liveDrift(view, observed, live, fields);
  const all = [...guest, ...fields];
  return all.length > 0 ? all : propagating(view, observed);
}

/** No field differs, yet the node has not said that the generation is real (a policy changed, say). */
function propagating(view: VmView, observed: ObservedInstance): readonly Drift[] {
  const { generation, generationAt } = view.record;
  if (observed.observedGeneration >= generation) return [];
  const next = nextRunOf(view);
  if (next !== null)
    return [{ field: 'run', desired: view.record.run, observed: next.present.run, ...heldUp(view, next) }];
  const seen = observed.seenGeneration >= generation;
  return [
    {
      field: 'generation',
      desired: generation,
      observed: observed.observedGeneration,
      cause: 'change_propagating',
      since: generationAt,
      action: 'none',
      because: seen ? 'generation_realised' : 'not_seen_yet',
    },
  ];
}

/** Running is wanted and nothing lives. While a change is on its way the differing fields say it better. */
function absent(view: VmView, observed: ObservedInstance, fieldsDiffer: boolean): readonly Drift[] {
  const { record } = view;
  const failure = failureOfOrder(view, observed);
  if (failure !== null) {
    const because = failedBecause(view, observed, failure.reason.code);
    const waits = because === 'awaiting_change' || because === 'restart_policy_never';
    return [phaseDrift(view, observed, waits ? 'none' : 'start', because)];
  }
  const fresh = failureOf(observed) !== null || (observed.incarnation?.run ?? 0) < record.run;
  if (fresh && fieldsDiffer) return [];
  const backingOff = observed.restart.nextAt !== null;
  const because = fresh ? 'missing' : backingOff ? 'backing_off' : 'out_of_band';
  return [phaseDrift(view, observed, 'start', because)];
}

function failedBecause(view: VmView, observed: ObservedInstance, code: FailureCode): Because {
  if (failureKinds[code].retry === 'later') return 'retry_later';
  const policy = view.record.spec.restartPolicy;
  if (nextStartAt(view, observed) !== null) return restartBecause(policy);
  return policy === 'never' ? 'restart_policy_never' : 'awaiting_change';
}

/** States of a live incarnation in which the guest does not do what `running` wants of it. */
const notThereYet: readonly ObservedIncarnation['state'][] = [
  'creating',
  'starting',
  'stopping',
  'stopped',
  'rebooting',
];

function liveDrift(
  view: VmView,
  observed: ObservedInstance,
  live: ObservedIncarnation,
  fields: readonly Drift[],
): readonly Drift[] {
  if (!notThereYet.includes(live.state)) return guestDrift(view, observed, live);
  if (fields.some(({ cause }) => cause === 'change_propagating')) return [];
  const isKept = live.state === 'stopped' && fields.some(({ because }) => because === 'disk_file_lost');
  if (isKept) return [phaseDrift(view, observed, 'none', 'disk_file_lost')];
  // Asked to end for the next run, or ended: what is done about it is a restart.
  if (live.run < view.record.run) return [phaseDrift(view, observed, 'stop', 'run_superseded')];
  const fresh = observed.observedGeneration < view.record.generation;
  const because = fresh ? 'missing' : restartBecause(view.record.spec.restartPolicy);
  return [phaseDrift(view, observed, 'start', because)];
}

function guestDrift(view: VmView, observed: ObservedInstance, live: ObservedIncarnation): readonly Drift[] {
  const { record } = view;
  const isPaused = live.state === 'paused';
  if ((live.state !== 'running' && !isPaused) || isPaused === record.desiredPaused) return [];
  const ordered = observed.observedGeneration < record.generation && !isHeldUp(view, observed);
  const detect = !ordered && record.spec.driftPolicy === 'detect';
  // Whatever was ordered of it: it waits for room on the disk of its node.
  const hasNoRoom = observed.guest === 'io_error';
  return [
    {
      field: 'desired_paused',
      desired: record.desiredPaused,
      observed: isPaused,
      cause: hasNoRoom ? 'failed' : ordered ? 'change_propagating' : 'out_of_band',
      since: ordered && !hasNoRoom ? record.generationAt : live.stateSince,
      action: detect ? 'none' : record.desiredPaused ? 'pause' : 'resume',
      because: detect
        ? 'drift_detect_only'
        : hasNoRoom
          ? 'io_error'
          : ordered
            ? record.desiredPaused
              ? 'paused_by_user'
              : 'resumed_by_user'
            : 'out_of_band',
    },
  ];
}

function phaseDrift(view: VmView, observed: ObservedInstance, action: DriftAction, because: Drift['because']): Drift {
  const failure = failureOfOrder(view, observed);
  const ordered = observed.observedGeneration < view.record.generation;
  const again = !ordered && observed.failure !== null;
  const cause: DriftCause = failure !== null || again ? 'failed' : ordered ? 'change_propagating' : 'out_of_band';
  const since = failure?.reason.at ?? (ordered ? view.record.generationAt : (observed.incarnation?.stateSince ?? 0));
  const states = { desired: view.record.desiredPhase, observed: observedWord(observed) };
  return { field: 'desired_phase', ...states, cause, since, action, because };
}

function observedWord(observed: ObservedInstance): string {
  return liveIncarnation(observed)?.state ?? 'not_running';
}
