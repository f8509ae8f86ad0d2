import type { Drift } from '../../core/convergence/drift.ts';
import type { VmReading } from '../../core/convergence/reading.ts';
import { currentObservation } from '../../core/convergence/vm-view.ts';
import { failureKinds, isFailureCode } from '../../core/instance/failure-reason.ts';
import { isFinished } from '../../core/task/task.ts';
import type { SimWorld } from '../sim-world.ts';
import { endingCmdlines } from '../workload.ts';
import type { Checker } from './checker.ts';

/** Liveness: long after the last fault everything is converged, or says why it is not and will not be by itself. */
export const convergence: Checker = {
  name: 'convergence',
  atEnd(world) {
    const { plane } = world.control;
    if (plane === null) return ['the control plane is down'];
    const problems: string[] = [];
    for (const { latest } of world.history.vms.values()) {
      if (latest === null) continue;
      const reading = plane.model.get(latest.record.name)?.reading;
      if (reading === undefined) problems.push(`${latest.record.name} is in the store but cannot be read`);
      else if (!isSettled(reading)) problems.push(describe(reading));
    }
    return [...problems, ...unfinishedTasks(world)];
  },
};

/** In sync, or held off by something that only its user or its policy ends. */
function isSettled(reading: VmReading): boolean {
  const { view, drift, reason, phase, waiting } = reading;
  if (reading.inSync) return phase !== 'error' && waiting === null;
  if (view.node !== null && view.node.health !== 'ready') return false;
  // A paused guest gives and takes no memory.
  const waits = ({ because, field }: Drift): boolean =>
    heldBecause.has(because) || (phase === 'paused' && field === 'memory_mib');
  if (drift.length > 0 && drift.every(waits)) return true;
  // A guest that ends itself again and again under `always` backs off, whatever its phase reads.
  const next = currentObservation(view)?.instance.restart.nextAt ?? null;
  if (next !== null && view.record.spec.restartPolicy === 'always') return true;
  // One that was made to end itself may be met in the middle of its next try.
  if (phase === 'starting' && waiting !== null && endingCmdlines.includes(view.record.spec.cmdline ?? '')) return true;
  if (phase === 'pending') return reason !== null && reason.code !== 'unscheduled';
  if (phase !== 'error' || reason === null || !isFailureCode(reason.code)) return false;
  // A root disk that a restored store does not know: its user has to say what is right.
  if (reason.code === 'volume_unavailable' && reason.details['made_from'] !== undefined) return true;
  const observed = currentObservation(view)?.instance ?? null;
  switch (failureKinds[reason.code].retry) {
    case 'on_change':
      return true;
    case 'by_policy':
      return view.record.spec.restartPolicy === 'never' || (observed?.restart.nextAt ?? null) !== null;
    case 'none':
      return reason.code === 'stop_timeout';
    default:
      return false;
  }
}

const heldBecause = new Set<string>([
  'drift_detect_only',
  'awaiting_restart',
  'restart_policy_never',
  'awaiting_change',
  'stop_failed_stands',
  'unassigned',
]);

function describe({ view, phase, reason, waiting, drift }: VmReading): string {
  const { name, generation } = view.record;
  const observed = currentObservation(view)?.instance ?? null;
  const parts = [
    `${name} is ${phase}, not in sync: generation ${generation}`,
    `observed ${observed?.observedGeneration ?? 'never'}`,
    `reason ${reason?.code ?? 'none'}`,
    `waiting ${waiting?.for ?? 'for nothing'}`,
    `drift ${JSON.stringify(drift.map(({ field, cause, because }) => `${field}: ${cause}, ${because}`))}`,
    `node ${view.node?.name ?? 'none'} ${view.node?.health ?? ''}`,
  ];
  return parts.join('; ');
}

/** Every task ends: with its wish, with an error, or at its deadline. */
function unfinishedTasks({ history, control }: SimWorld): readonly string[] {
  const now = control.plane?.ctx.clock.now() ?? 0;
  return [...history.tasks.values()]
    .filter(({ status, deadline }) => !isFinished(status) && deadline < now)
    .map(({ type, id, status, resource }) => `task ${type} ${id} of ${resource.name} is ${status} after its deadline`);
}
