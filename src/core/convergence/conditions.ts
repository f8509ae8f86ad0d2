/**
 * Conditions: the reading of a VM by aspect, each true, false or unknown with a code and a sentence (spec §2 `status`).
 * `responsive` is there only while the monitor is silent: an aspect nobody needs to read when it is well.
 */
import { silentConditionAfterMs } from '../instance/decide-silent.ts';
import { failureOfOrder, isHeldOff, liveIncarnation, type Phase, standingFailureOf } from '../instance/phase.ts';
import type { TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import { healthWord, type StoredObservation, seenSince } from '../node/apply-report.ts';
import type { ObservedEndCause, ObservedInstance } from '../node/observation.ts';
import { clockText } from './clock-text.ts';
import { type Condition, type ConditionType, type Judged, say } from './condition.ts';
import type { Drift } from './drift.ts';
import { driftText } from './drift-text.ts';
import { isInSync, isStale } from './in-sync.ts';
import { nextStartAt } from './next-start.ts';
import { realised } from './realised.ts';
import { currentObservation, type VmView } from './vm-view.ts';

/**
 * All conditions of one reading; none of a VM that is gone: nothing is left that could be so or not. `drift` is that of the same
 * view; `now` judges silence only.
 */
export function conditionsOf(
  view: VmView,
  reading: { readonly phase: Phase; readonly drift: readonly Drift[] },
  now: TimeMs,
): readonly Condition[] {
  if (view.removedAt !== null) return [];
  const row = currentObservation(view);
  const generation = view.record.generation;
  const conditions = [
    conditionOf('placed', placed(view), generation),
    conditionOf('realised', realised(view, row), generation),
    conditionOf('running', running(view, row), generation),
    conditionOf('healthy', healthy(view, row), generation),
  ];
  const silent = responsive(row, now);
  if (silent !== null) conditions.push(conditionOf('responsive', silent, generation));
  conditions.push(conditionOf('converged', converged(view, row, reading), generation));
  return conditions;
}

/** Member by member: each reading makes some of them, and a spread costs several times as much. */
function conditionOf(type: ConditionType, judged: Judged, generation: number): Condition {
  const { status, code, message, since } = judged;
  return { type, status, code, message, generation, since };
}

function placed(view: VmView): Judged {
  const { placement, record } = view;
  if (placement?.kind === 'placed') return say('true', 'assigned', `Placed on ${placement.node}`, placement.since);
  if (placement === null) return say('false', 'unscheduled', 'Not looked at yet', record.createdAt);
  return say('false', placement.code, placement.message, placement.since);
}

function running(view: VmView, row: StoredObservation | null): Judged {
  if (row === null) return say('unknown', 'not_reported', 'No node has reported it yet', view.record.createdAt);
  const observed = row.instance;
  const live = liveIncarnation(observed);
  if (live === null) return notLive(view, observed, row.appliedAt);
  const since = live.startedAt ?? live.stateSince;
  switch (live.state) {
    case 'running':
      return say('true', 'guest_executing', "The guest's vCPUs run", since);
    case 'stopping': {
      const because = live.stopping?.because;
      const why =
        because === 'unhealthy' ? ': its checks fail' : because === 'run_superseded' ? ' for the restart' : '';
      return say('true', 'condemned', `The guest still runs; it was asked to power off${why}`, since);
    }
    case 'paused':
      return observed.guest === 'io_error'
        ? say('false', 'io_error', ioErrorText, live.stateSince)
        : say('false', 'paused', "The guest's vCPUs are paused", live.stateSince);
    case 'stopped':
      return observed.guest === 'panicked'
        ? say('false', 'guest_panicked', 'The guest kernel panicked', live.stateSince)
        : say('false', 'guest_power_off', 'The guest ended itself', live.stateSince);
    default:
      return say('false', live.state, 'The guest was not let go yet', live.stateSince);
  }
}

const ioErrorText =
  'The node has no room on its disk for what the guest writes; the guest waits for it, and nothing of it is lost';

function notLive(view: VmView, observed: ObservedInstance, appliedAt: TimeMs): Judged {
  const since = observed.incarnation?.stateSince ?? appliedAt;
  const failure = standingFailureOf(view, observed);
  if (failure !== null) return say('false', failure.reason.code, 'No live incarnation', failure.reason.at);
  if (isHeldOff(view.record, observed)) {
    const cause = observed.runEnded?.cause ?? 'guest_power_off';
    return say('false', cause, heldOffText[cause], observed.runEnded?.at ?? since);
  }
  if (view.record.desiredPhase === 'running') {
    return say('false', observed.everRan ? 'starting' : 'creating', 'No live incarnation yet', since);
  }
  return stopped(observed.incarnation?.endCause ?? null, since);
}

/** How its last incarnation came to its end: one that was killed is not said to have shut down. */
function stopped(end: ObservedEndCause | null, since: TimeMs): Judged {
  if (end?.kind !== 'stopped') return say('false', 'stopped', 'No live incarnation', since);
  if (!end.forced) return say('false', 'stopped', 'The guest shut down as it was asked to', since);
  return end.graceOver
    ? say('false', 'killed_after_grace', 'The guest did not power off in its grace time: its process was killed', since)
    : say('false', 'stopped', 'Its process was ended without asking the guest', since);
}

const heldOffText = {
  guest_power_off: 'The guest powered itself off',
  host_reboot: 'The node was rebooted and start_at_boot is off',
  unknown: 'Its run ended, in a way that this version of the control plane has no word for',
} as const;

function healthy(view: VmView, row: StoredObservation | null): Judged {
  const since = row?.marks.health ?? view.record.createdAt;
  const live = liveIncarnation(row?.instance ?? null);
  if (view.record.spec.healthChecks.length === 0) {
    return say('unknown', 'no_checks', 'No health checks are declared', view.record.createdAt);
  }
  if (row === null || live === null) return say('unknown', 'not_running', 'Not probed while not running', since);
  if (live.state === 'stopping') return say('unknown', 'stopping', 'Not probed while stopping', live.stateSince);
  const { health } = row.instance;
  if (live.state !== 'running' || health === null) {
    return say('unknown', 'starting', 'Waiting for the first health check', live.startedAt ?? live.stateSince);
  }
  const passing = `${health.passing} of ${health.total} health checks pass`;
  const word = healthWord(row.instance);
  switch (word) {
    case 'passing':
      return say('true', 'all_passing', passing, since);
    case 'failing':
      return say('false', 'failing', `${passing}; failing: ${health.failing.join(', ')}`, since);
    case 'unchecked': {
      const [first] = health.unchecked;
      return say(
        'unknown',
        'unchecked',
        first === undefined ? passing : `Check ${first.name}: ${first.because}`,
        since,
      );
    }
    case 'starting':
    case 'not_probed':
    case 'none':
      return say('unknown', 'starting', passing, since);
    default:
      return exhaustive(word);
  }
}

/** F2: process alive and monitor silent for 10 s. */
function responsive(row: StoredObservation | null, now: TimeMs): Judged | null {
  const silentSince = row?.instance.silentSince ?? null;
  if (silentSince === null || now < silentSince + silentConditionAfterMs) return null;
  return say('false', 'monitor_silent', 'The process lives, its monitor does not answer', silentSince);
}

function converged(
  view: VmView,
  row: StoredObservation | null,
  { phase, drift }: { readonly phase: Phase; readonly drift: readonly Drift[] },
): Judged {
  const { generation, generationAt } = view.record;
  const observed = row?.instance ?? null;
  if (isInSync(view, drift) && row !== null && observed !== null) {
    const since = Math.max(row.marks.observedGeneration, generationAt, seenSince(row));
    if (liveIncarnation(observed) === null && isHeldOff(view.record, observed)) {
      const cause = observed.runEnded?.cause ?? 'guest_power_off';
      return say('true', cause, `${heldOffText[cause]}; 'start' brings it back`, observed.runEnded?.at ?? since);
    }
    return say('true', 'in_sync', `Nothing differs from generation ${generation}`, since);
  }
  if (phase === 'pending') return say('false', 'pending', 'It is on no node', view.placement?.since ?? generationAt);
  const failure = observed === null ? null : failureOfOrder(view, observed);
  if (failure !== null && observed !== null) {
    // A change that failed while it was being made was never realised: it dates from the order, not from the failure.
    const since = observed.observedGeneration < generation ? generationAt : failure.reason.at;
    return say('false', 'failed', failedText(view, observed), since);
  }
  if (isStale(view)) {
    const away = view.node === null ? 'Its node is unknown' : `Node ${view.node.name} has not been heard of`;
    return say('unknown', 'stale', away, view.node?.healthSince ?? generationAt);
  }
  const first = drift[0];
  if (first === undefined) return say('false', 'change_propagating', 'Not reported as real yet', generationAt);
  const saysWhy =
    first.because === 'drift_detect_only' || first.because === 'disk_file_lost' || first.because === 'io_error';
  const code = saysWhy ? first.because : first.cause;
  return say('false', code, driftText(first), first.since);
}

function failedText(view: VmView, observed: ObservedInstance): string {
  const alive = liveIncarnation(observed) !== null;
  if (alive) return observed.operationError?.reason.message ?? 'An operation failed';
  const nextAt = nextStartAt(view, observed);
  if (nextAt === null) return 'No process runs; it is not tried again by itself';
  return `No process runs; next try at ${clockText(nextAt)} (attempt ${observed.restart.attempt + 1})`;
}
