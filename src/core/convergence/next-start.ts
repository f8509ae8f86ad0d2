/**
 * When the node starts again, by itself, what ended or failed to start. A journaled backoff means nothing for a VM that is
 * not to run any more, so whatever tells of a next try asks here.
 */
import { failureKinds } from '../instance/failure-reason.ts';
import { isHeldOff, liveIncarnation } from '../instance/phase.ts';
import type { TimeMs } from '../kit/brand.ts';
import type { ObservedInstance } from '../node/observation.ts';
import type { VmView } from './vm-view.ts';

/** Null: it lives, or nothing is tried. May be past: then it is tried now. */
export function nextStartAt({ record }: VmView, observed: ObservedInstance): TimeMs | null {
  if (record.desiredPhase !== 'running' || liveIncarnation(observed) !== null || isHeldOff(record, observed))
    return null;
  const { failure, restart } = observed;
  const byPolicy = failure !== null && failureKinds[failure.reason.code].retry === 'by_policy';
  return byPolicy && record.spec.restartPolicy === 'never' ? null : restart.nextAt;
}

/** The same for whatever failed last, including an operation on a process that lives. */
export function nextTryAt(view: VmView, observed: ObservedInstance): TimeMs | null {
  const { record } = view;
  const { operationError } = observed;
  if (operationError === null) return nextStartAt(view, observed);
  // What failed under an order to run is not tried again under an order to stop.
  const isTaken = record.desiredPhase !== 'running' && operationError.generation < record.generation;
  return isTaken ? null : operationError.retryAt;
}
