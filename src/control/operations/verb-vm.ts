/** The asynchronous verbs start, stop, poweroff and reboot: `202` with a task (spec §4). */
import { type AsyncVerb, decideVerb } from '../../core/desired/decide-verb.ts';
import type { Task } from '../../core/task/task.ts';
import type { Caller, Mutated } from '../mutate.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { vmKey } from '../rows.ts';
import {
  checkNotDeleted,
  checkPrecondition,
  findVm,
  type OperationContext,
  type Precondition,
  type VmRef,
} from './context.ts';
import { notRunningDetails } from './not-running.ts';
import { bumped, newTask, requestEvent, taskAnswer, taskRows, vmRow } from './write-vm.ts';

export async function verbVm(
  ctx: OperationContext,
  caller: Caller,
  ref: VmRef,
  { verb, precondition }: { readonly verb: AsyncVerb; readonly precondition: Precondition },
): Promise<Mutated<Task> | Refusal> {
  return await ctx.mutator.run<Task>(caller, (now) => {
    const vm = findVm(ctx.model, ref);
    if (isRefused(vm)) return vm;
    const refusal = checkNotDeleted(vm) ?? checkPrecondition(vm, precondition);
    if (refusal !== null) return refusal;
    const decision = decideVerb(verb, vm.reading);
    if (decision.kind === 'refuse') return refuse(decision.code, decision.message, notRunningDetails(vm.reading));
    const expect = [{ key: vmKey(vm.record.name), modRevision: vm.revision }];
    const type = `vm.${verb}` as const;
    if (decision.kind === 'already') {
      const task = newTask(ctx, { type, record: vm.record, caller, now, reached: decision.reached });
      return { expect, put: taskRows(ctx, task, now), result: task, stored: taskAnswer(task) };
    }
    const record = bumped(vm.record, decision.change, now);
    const task = newTask(ctx, { type, record, caller, now });
    const message = `${verb} of VM "${record.name}" was asked for (generation ${record.generation})`;
    const event = requestEvent(ctx, { code: `vm_${verb}_requested`, message, record, caller, now });
    return {
      expect,
      put: [vmRow(record), ...taskRows(ctx, task, now), event],
      result: task,
      stored: taskAnswer(task),
    };
  });
}
