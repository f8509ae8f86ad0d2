/**
 * DELETE: at once unless `graceful`; cannot be taken back. The name stays taken until the node reported
 * removal; `forget` frees it at once and leaves a tombstone, so that the node, when it returns, is still told
 * to remove (spec §4).
 */
import type { VmRecord } from '../../core/instance/vm-record.ts';
import { applyTaskDecision } from '../../core/task/decide-task.ts';
import type { Task } from '../../core/task/task.ts';
import type { CachedVm } from '../cached-vm.ts';
import type { Caller, Mutated, Mutation } from '../mutate.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { type GoneRow, goneKey, observationKey, placementKey, put, vmKey, vmUidKey } from '../rows.ts';
import { checkPrecondition, findVm, type OperationContext, type Precondition, type VmRef } from './context.ts';
import { dependentsOf } from './dependencies.ts';
import { bumped, newTask, requestEvent, taskAnswer, taskRows, vmRow } from './write-vm.ts';

export interface DeleteOptions extends Precondition {
  readonly graceful: boolean;
  readonly forget: boolean;
}

export async function deleteVm(
  ctx: OperationContext,
  caller: Caller,
  ref: VmRef,
  options: DeleteOptions,
): Promise<Mutated<Task> | Refusal> {
  return await ctx.mutator.run<Task>(caller, (now) => {
    const vm = findVm(ctx.model, ref);
    if (isRefused(vm)) return vm;
    const refusal = checkPrecondition(vm, options) ?? checkDeletable(ctx, vm, options, []);
    return refusal ?? (options.forget ? forget(ctx, caller, vm, now) : markDeleted(ctx, caller, vm, options, now));
  });
}

/** `changed`: records that are committed together with its deletion. */
export function checkDeletable(
  ctx: OperationContext,
  { record }: CachedVm,
  { graceful, forget: forgets }: Pick<DeleteOptions, 'graceful' | 'forget'>,
  changed: readonly VmRecord[],
): Refusal | null {
  if (record.desiredPhase === 'deleted') {
    const harder = forgets || (!graceful && record.stopMode === 'graceful');
    return harder ? null : refuse('being_deleted', `VM "${record.name}" is being deleted already`, { uid: record.uid });
  }
  if (record.spec.deletionProtection) {
    return refuse('deletion_protected', `Cannot delete VM "${record.name}": deletion_protection is on`, {
      next_action: `Run 'holdfast vm set ${record.name} --deletion-protection=false' first`,
    });
  }
  const dependents = dependentsOf(ctx, record.name, changed);
  if (dependents.length === 0) return null;
  return refuse(
    'has_dependents',
    `Cannot delete VM "${record.name}": ${dependents.join(', ')} ${dependents.length === 1 ? 'depends' : 'depend'} on it`,
    { dependents },
  );
}

function markDeleted(
  ctx: OperationContext,
  caller: Caller,
  vm: CachedVm,
  { graceful }: DeleteOptions,
  now: number,
): Mutation<Task> {
  const record = deletedRecord(vm.record, graceful, now);
  const task = newTask(ctx, { type: 'vm.delete', record, caller, now });
  return {
    expect: [{ key: vmKey(record.name), modRevision: vm.revision }],
    put: [vmRow(record), ...taskRows(ctx, task, now), deleteEvent(ctx, record, caller, now)],
    result: task,
    stored: taskAnswer(task),
  };
}

/** Desired state of a VM that is to go. */
export function deletedRecord(record: VmRecord, graceful: boolean, now: number): VmRecord {
  return bumped(
    record,
    {
      desiredPhase: 'deleted',
      desiredPaused: false,
      stopMode: graceful ? 'graceful' : 'forced',
      deletedAt: record.deletedAt ?? now,
    },
    now,
  );
}

export function deleteEvent(ctx: OperationContext, record: VmRecord, caller: Caller, now: number) {
  const message = `Deletion of VM "${record.name}" was asked for`;
  return requestEvent(ctx, { code: 'vm_delete_requested', message, record, caller, now });
}

/**
 * The name is free at once. Placement and tombstone stay until the node reported removal, and with them its room and host
 * ports: forgetting says nothing about the process, which may live on a node that only is away.
 */
function forget(ctx: OperationContext, caller: Caller, vm: CachedVm, now: number): Mutation<Task> {
  const record = deletedRecord(vm.record, false, now);
  const placement = ctx.store.get(placementKey(record.uid));
  const placed = vm.view.placement?.kind === 'placed';
  const pending = newTask(ctx, { type: 'vm.delete', record, caller, now });
  const task = applyTaskDecision(pending, { kind: 'success', result: null }, now);
  const message = `VM "${record.name}" was forgotten${placed ? '; its node removes it when it returns' : ''}`;
  return {
    expect: [
      { key: vmKey(record.name), modRevision: vm.revision },
      // A node that gets it in this moment must be told to remove it.
      { key: placementKey(record.uid), modRevision: placement?.modRevision ?? 0 },
    ],
    put: [
      put(goneKey(record.uid), { record, removedAt: now, forgotten: placed } satisfies GoneRow),
      ...taskRows(ctx, task, now),
      requestEvent(ctx, { code: 'vm_forgotten', message, record, caller, now }),
    ],
    delete: [
      ...[vmKey(record.name), vmUidKey(record.uid)],
      ...(placed ? [] : [placementKey(record.uid), observationKey(record.uid)]),
    ],
    result: task,
    stored: taskAnswer(task),
  };
}
