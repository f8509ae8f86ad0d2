import { liveIncarnation, standingFailureOf } from '../instance/phase.ts';
import { unreadyIn } from '../node/apply-report.ts';
import { nextTryAt } from './next-start.ts';
import { currentObservation, type VmView } from './vm-view.ts';

/**
 * Disks that certainly no run ever had: no guest was ever let go, and none can be before the change has reached the node.
 */
export function unmadeDisks(view: VmView): readonly string[] {
  const observed = currentObservation(view)?.instance ?? null;
  if (observed === null || observed.everRan || view.node?.health !== 'ready') return [];
  const isSettled = observed.seenGeneration >= view.record.generation && liveIncarnation(observed) === null;
  const isOff = view.record.desiredPhase === 'stopped' || standingFailureOf(view, observed) !== null;
  if (!isSettled || !isOff || nextTryAt(view, observed) !== null) return [];
  return unreadyIn(observed).flatMap(({ what, name }) => (what === 'disk_not_made' ? [name] : []));
}
