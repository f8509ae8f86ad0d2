/**
 * A newer run is ordered, and the guest of an older one goes on until what the newer one is made of is there (ADR 14): what
 * is waited for, or why it could not be had.
 */
import type { OperationError } from '../instance/failure-reason.ts';
import { liveIncarnation } from '../instance/phase.ts';
import type { ObservedIncarnation, ObservedInstance, Waiting } from '../node/observation.ts';
import { currentObservation, type VmView } from './vm-view.ts';

export interface NextRun {
  /** What goes on meanwhile. */
  readonly present: ObservedIncarnation;
  /** Null: nothing is fetched now. */
  readonly waiting: Waiting | null;
  /** Why the last try came to nothing; null: none has failed. */
  readonly error: OperationError | null;
}

/** Null: no newer run is held up, as far as the node has said of the present order. */
export function nextRunOf(view: VmView): NextRun | null {
  const { record } = view;
  const observed = currentObservation(view)?.instance ?? null;
  const present = liveIncarnation(observed);
  if (observed === null || present === null || record.desiredPhase !== 'running') return null;
  if (present.run >= record.run || observed.seenGeneration < record.generation) return null;
  if (present.state !== 'running' && present.state !== 'paused') return null;
  const error = observed.operationError;
  const current = error !== null && error.generation >= record.generation ? error : null;
  const waiting = view.node?.health === 'ready' ? observed.waiting : null;
  return current === null && waiting === null ? null : { present, waiting, error: current };
}

/**
 * The rest of the present order is held up. Its wish about pausing was met before that, so whatever has differed since was
 * ordered by nobody.
 */
export function isHeldUp(view: VmView, { operationError }: Pick<ObservedInstance, 'operationError'>): boolean {
  return nextRunOf(view) !== null || (operationError !== null && operationError.generation >= view.record.generation);
}
