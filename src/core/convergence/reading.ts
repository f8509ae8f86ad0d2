/**
 * One whole reading of a VM at one time: everything `status`, tasks, watches and the convergence share are made from,
 * computed once. `changesAt` names the time at which the same evidence would read differently, so that a cached body
 * knows how long it is true and watchers hear of what time alone changes (spec §4 watch).
 */
import { silentConditionAfterMs } from '../instance/decide-silent.ts';
import { isTransient, type Phase, phaseBeforeDeadline, phaseOf } from '../instance/phase.ts';
import type { TimeMs } from '../kit/brand.ts';
import type { Waiting } from '../node/observation.ts';
import type { Condition } from './condition.ts';
import { conditionsOf } from './conditions.ts';
import { type Drift, driftOf } from './drift.ts';
import { isInSync, isStale } from './in-sync.ts';
import { type Reason, reasonOf } from './reason.ts';
import { currentObservation, type VmView } from './vm-view.ts';
import { waitingFor } from './waiting.ts';

export interface VmReading {
  readonly view: VmView;
  readonly phase: Phase;
  readonly reason: Reason | null;
  /** Present exactly in transient phases. */
  readonly waiting: Waiting | null;
  readonly conditions: readonly Condition[];
  readonly drift: readonly Drift[];
  readonly inSync: boolean;
  readonly stale: boolean;
  /** Null = only new evidence changes it. */
  readonly changesAt: TimeMs | null;
  /** Time alone has changed it since its evidence came: no revision tells of that. */
  readonly changedByTime: boolean;
}

export function readVm(view: VmView, now: TimeMs): VmReading {
  const phase = phaseOf(view, now);
  const drift = driftOf(view);
  const turns = turningTimes(view);
  return {
    view,
    phase,
    reason: reasonOf(view, phase),
    waiting: isTransient(phase) ? waitingFor(view, phase) : null,
    conditions: conditionsOf(view, { phase, drift }, now),
    drift,
    inSync: isInSync(view, drift),
    stale: isStale(view),
    changesAt: nextOf(turns, now),
    changedByTime: turns.some((time) => time <= now),
  };
}

function nextOf(times: readonly TimeMs[], now: TimeMs): TimeMs | null {
  const coming = times.filter((time) => time > now);
  return coming.length === 0 ? null : Math.min(...coming);
}

/** Every reading that the evidence has had until now, oldest first: time alone may have changed it. */
export function readingsUntil(view: VmView, now: TimeMs): readonly VmReading[] {
  const turned = turningTimes(view).filter((time) => time <= now);
  const first = Math.min(now, ...turned.map((time) => time - 1));
  return [first, ...turned].map((time) => readVm(view, time));
}

/** When the same evidence reads differently. */
function turningTimes(view: VmView): readonly TimeMs[] {
  const times: TimeMs[] = [];
  const phase = phaseBeforeDeadline(view);
  if (isTransient(phase)) times.push(waitingFor(view, phase).deadline);
  const silentSince = currentObservation(view)?.instance.silentSince ?? null;
  if (silentSince !== null) times.push(silentSince + silentConditionAfterMs);
  return times;
}
