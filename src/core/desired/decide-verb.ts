/**
 * Verbs as changes of desired state (spec §2 "Verbs as desired state"): what each writes, and when it writes nothing because
 * the wish is granted already. Pure; the caller counts the generation and makes the task.
 *
 *   start     running, run + 1 unless its run already runs; after error(stop_timeout) the live incarnation is kept (S26)
 *   stop      stopped, graceful          poweroff   stopped, forced
 *             an order whose artefacts could not be had is tried again, by the new generation (ADR 14)
 *   reboot    run + 1                    pause/resume   desired_paused
 */
import { isStale } from '../convergence/in-sync.ts';
import { nextRunOf } from '../convergence/next-run.ts';
import type { VmReading } from '../convergence/reading.ts';
import { currentObservation } from '../convergence/vm-view.ts';
import { isHeldOff, liveIncarnation, phaseWords } from '../instance/phase.ts';
import type { VmRecord } from '../instance/vm-record.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { ObservedInstance } from '../node/observation.ts';

export type AsyncVerb = 'start' | 'stop' | 'poweroff' | 'reboot';
export type PauseVerb = 'pause' | 'resume';

/** The part of a record that verbs write. */
export type VerbChange = Partial<Pick<VmRecord, 'desiredPhase' | 'desiredPaused' | 'run' | 'changeRuns' | 'stopMode'>>;

export type VerbDecision =
  /** Desired state changes: generation + 1. */
  | { readonly kind: 'change'; readonly change: VerbChange }
  /** It is so already: no bump; `reached` when it is also observed to be so. */
  | { readonly kind: 'already'; readonly reached: boolean }
  | { readonly kind: 'refuse'; readonly code: 'not_running'; readonly message: string };

export function decideVerb(verb: AsyncVerb, reading: VmReading): VerbDecision {
  switch (verb) {
    case 'start':
      return decideStartVerb(reading);
    case 'stop':
      return decideStopVerb(reading, 'graceful');
    case 'poweroff':
      return decideStopVerb(reading, 'forced');
    case 'reboot':
      return decideRebootVerb(reading);
    default:
      return exhaustive(verb);
  }
}

function observedOf(reading: VmReading): ObservedInstance | null {
  return currentObservation(reading.view)?.instance ?? null;
}

function decideStartVerb(reading: VmReading): VerbDecision {
  const { record } = reading.view;
  const observed = observedOf(reading);
  const live = liveIncarnation(observed);
  const nextRun: VerbDecision = {
    kind: 'change',
    change: { desiredPhase: 'running', desiredPaused: false, stopMode: 'graceful', run: record.run + 1, changeRuns: 0 },
  };
  if (record.desiredPhase === 'stopped') {
    return keepsLive(record, observed) ? withoutRun() : nextRun;
  }
  if (live !== null && live.state === 'stopping' && live.run >= record.run) return nextRun;
  if (live === null && observed !== null && waitsForStart(record, observed)) return nextRun;
  if (record.desiredPaused || hasFailedFetch(reading)) return withoutRun();
  return { kind: 'already', reached: reading.inSync };
}

/** The next run is ordered already, and what it is made of could not be had: it is tried again now (spec §2 on_change). */
const hasFailedFetch = ({ view }: VmReading): boolean => (nextRunOf(view)?.error ?? null) !== null;

/** Nothing lives and nothing starts by itself now: the run is over, it failed, or the next try is not due (start resets that). */
function waitsForStart(record: VmRecord, observed: ObservedInstance): boolean {
  return isHeldOff(record, observed) || observed.failure !== null || observed.restart.nextAt !== null;
}

/** S26: the stop that failed left a live incarnation, no longer condemned: it is kept, and no run is added. */
function keepsLive(record: VmRecord, observed: ObservedInstance | null): boolean {
  const error = observed?.operationError ?? null;
  const live = liveIncarnation(observed);
  return (
    error?.reason.code === 'stop_timeout' &&
    error.generation >= record.generation &&
    live !== null &&
    live.state !== 'stopping' &&
    live.run >= record.run
  );
}

function withoutRun(): VerbDecision {
  return { kind: 'change', change: { desiredPhase: 'running', desiredPaused: false, stopMode: 'graceful' } };
}

function decideStopVerb(reading: VmReading, stopMode: 'graceful' | 'forced'): VerbDecision {
  const { record } = reading.view;
  const observed = observedOf(reading);
  const change: VerbDecision = {
    kind: 'change',
    change: { desiredPhase: 'stopped', desiredPaused: false, stopMode },
  };
  if (record.desiredPhase !== 'stopped') return change;
  const live = liveIncarnation(observed);
  // The order is repeated where it failed, and made harder where it was graceful.
  if (observed?.operationError?.reason.code === 'stop_timeout' && live !== null) return change;
  const unproven = observed === null || live !== null || isStale(reading.view);
  if (stopMode === 'forced' && record.stopMode === 'graceful' && unproven) return change;
  return { kind: 'already', reached: reading.inSync };
}

function decideRebootVerb(reading: VmReading): VerbDecision {
  const { record } = reading.view;
  if (record.desiredPhase !== 'running' || isHeldOff(record, observedOf(reading))) {
    return {
      kind: 'refuse',
      code: 'not_running',
      message: `Cannot reboot VM "${record.name}": it is ${phaseWords(reading.phase)}`,
    };
  }
  return { kind: 'change', change: { desiredPaused: false, stopMode: 'graceful', run: record.run + 1, changeRuns: 0 } };
}

/** Pause and resume need a guest that runs or is paused; they write even when only the guest differs from the wish. */
export function decidePause(verb: PauseVerb, reading: VmReading): VerbDecision {
  const { record } = reading.view;
  const live = liveIncarnation(observedOf(reading));
  const executing = live !== null && (live.state === 'running' || live.state === 'paused');
  if (record.desiredPhase !== 'running' || !executing) {
    return {
      kind: 'refuse',
      code: 'not_running',
      message: `Cannot ${verb} VM "${record.name}": it is ${phaseWords(reading.phase)}`,
    };
  }
  const wanted = verb === 'pause';
  if (record.desiredPaused === wanted && (live.state === 'paused') === wanted)
    return { kind: 'already', reached: true };
  return { kind: 'change', change: { desiredPaused: wanted } };
}
