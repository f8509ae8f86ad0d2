import { currentObservation, type VmView } from '../../core/convergence/vm-view.ts';
import type { ObservedInstance } from '../../core/node/observation.ts';
import type { CachedVm } from '../cached-vm.ts';
import type { ControlConfig, ControlDeps } from '../control-config.ts';
import type { Mutator } from '../mutate.ts';
import type { NodeSessions } from '../node-sessions.ts';
import type { ReadModel } from '../read-model.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';

/** What every operation is made of. */
export interface OperationContext extends ControlDeps {
  readonly config: ControlConfig;
  readonly model: ReadModel;
  readonly mutator: Mutator;
  readonly sessions: NodeSessions;
}

/** A VM as paths name it: by name, or `uid:UUID`. */
export type VmRef = string;

/** Finds a VM that is not gone. */
export function findVm(model: ReadModel, ref: VmRef): CachedVm | Refusal {
  const found = findVmOrGone(model, ref);
  return !isRefused(found) && found.phase === 'gone' ? notFound(ref) : found;
}

/** Finds a VM; by uid also for the retention time after its end. */
export function findVmOrGone(model: ReadModel, ref: VmRef): CachedVm | Refusal {
  const found = ref.startsWith('uid:') ? model.getByUid(ref.slice(4)) : model.get(ref);
  return found ?? notFound(ref);
}

export function notFound(ref: VmRef): Refusal {
  return refuse('not_found', `VM "${ref}" does not exist`, { kind: 'VirtualMachine', name: ref });
}

/** Conditions of a write: `If-Match` with the revision that was read. */
export interface Precondition {
  readonly ifMatch: number | null;
}

export function checkPrecondition(vm: CachedVm, { ifMatch }: Precondition): Refusal | null {
  if (ifMatch === null || ifMatch === vm.revision) return null;
  return refuse(
    'precondition_failed',
    `VM "${vm.record.name}" is at revision ${vm.revision}, not at ${ifMatch}; nothing was changed`,
    { revision: vm.revision, if_match: ifMatch },
  );
}

export function checkNotDeleted(vm: CachedVm): Refusal | null {
  if (vm.record.desiredPhase !== 'deleted') return null;
  return refuse('being_deleted', `VM "${vm.record.name}" is being deleted, which cannot be taken back`, {
    uid: vm.record.uid,
  });
}

export function observedOf(view: VmView): ObservedInstance | null {
  return currentObservation(view)?.instance ?? null;
}
