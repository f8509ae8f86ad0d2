/**
 * When the node starts by itself again what ended or failed to start. A backoff that is journaled says nothing of a VM that is
 * not to run any more: whatever is told of a next try is told from here.
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

/** The same of whatever failed last, an operation on a process that lives included. */
export function nextTryAt(view: VmView, observed: ObservedInstance): TimeMs | null {
  const { record } = view;
  const { operationError } = observed;
  if (operationError === null) return nextStartAt(view, observed);
  // What an order to run had failed of is not tried for an order to stop.
  const isTaken = record.desiredPhase !== 'running' && operationError.generation < record.generation;
  return isTaken ? null : operationError.retryAt;
}
