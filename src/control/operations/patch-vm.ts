/** PATCH (RFC 7396, `200` with the document) and resize (`202` with a task): one way of changing, two answers. */
import type { DeclaredVm } from '../../core/instance/declared.ts';
import { invariant } from '../../core/kit/exhaustive.ts';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import type { Task } from '../../core/task/task.ts';
import { applyVmPatch } from '../../wire/manifest/vm-patch.ts';
import { type CachedVm, createVmReader } from '../cached-vm.ts';
import type { Caller, Mutated, Mutation } from '../mutate.ts';
import { isRefused, type Refusal } from '../refusal.ts';
import { mayEdit } from '../roles.ts';
import { type StoredAnswer, vmKey } from '../rows.ts';
import { type ChangeConsent, changeVm, type VmChange } from './change-vm.ts';
import { changedRows } from './changed-rows.ts';
import {
  checkNotDeleted,
  checkPrecondition,
  findVm,
  type OperationContext,
  type Precondition,
  type VmRef,
} from './context.ts';
import { checkDependencies, dependencyGuards } from './dependencies.ts';
import { refuseOffences } from './refuse-offences.ts';
import { type RoomTaken, takeRoom } from './take-room.ts';
import { newTask, taskAnswer, taskRows } from './write-vm.ts';

export type PatchOptions = Pick<ChangeConsent, 'onRestart' | 'allowReplace'> & Precondition;

/** Changes what was declared; answers with the VM as it then is. */
export function patchVm(
  ctx: OperationContext,
  caller: Caller,
  ref: VmRef,
  { body, options }: { readonly body: unknown; readonly options: PatchOptions },
): Promise<Mutated<string> | Refusal> {
  return ctx.mutator.run<string>(caller, (now) => {
    const changed = planPatch(ctx, ref, { body, options, verb: 'change' }, now);
    if (isRefused(changed)) return changed;
    const { vm, change, room } = changed;
    return {
      expect: [{ key: vmKey(vm.record.name), modRevision: vm.revision }, ...room.expect],
      put: [...changedRows(ctx, caller, vm.record, change, now), ...room.put],
      result: vm.record.name,
      stored: documentAnswer(ctx, caller, vm, change),
    };
  });
}

/** `POST …/resize`: a patch of sizes that makes a task. */
export async function resizeVm(
  ctx: OperationContext,
  caller: Caller,
  ref: VmRef,
  { body, options }: { readonly body: unknown; readonly options: PatchOptions },
): Promise<Mutated<Task> | Refusal> {
  return await ctx.mutator.run<Task>(caller, (now) => {
    const changed = planPatch(ctx, ref, { body, options, verb: 'resize' }, now);
    if (isRefused(changed)) return changed;
    const { vm, change, room } = changed;
    const reached = !change.desiredChanged && vm.reading.inSync;
    const task = newTask(ctx, { type: 'vm.resize', record: change.record, caller, now, reached });
    const mutation: Mutation<Task> = {
      expect: [{ key: vmKey(vm.record.name), modRevision: vm.revision }, ...room.expect],
      put: [...changedRows(ctx, caller, vm.record, change, now), ...taskRows(ctx, task, now), ...room.put],
      result: task,
      stored: taskAnswer(task),
    };
    return mutation;
  });
}

const noRoom: RoomTaken = { expect: [], put: [] };

function planPatch(
  ctx: OperationContext,
  ref: VmRef,
  { body, options, verb }: { readonly body: unknown; readonly options: PatchOptions; readonly verb: string },
  now: number,
): { readonly vm: CachedVm; readonly change: VmChange; readonly room: RoomTaken } | Refusal {
  const vm = findVm(ctx.model, ref);
  if (isRefused(vm)) return vm;
  const refusal = checkNotDeleted(vm) ?? checkPrecondition(vm, options);
  if (refusal !== null) return refusal;
  const parsed = applyVmPatch(declaredOf(vm), body, { document: 0 });
  if (!parsed.ok) return refuseOffences(parsed.offences, vm.record.name);
  const phase = wishedPhase(body);
  const change = changeVm(ctx, vm, { declared: parsed.declared, phase }, { ...options, verb, document: 0 }, now);
  if (isRefused(change)) return change;
  if (!change.desiredChanged) return { vm, change, room: noRoom };
  const rewired = change.changes.some(({ field }) => field === 'depends_on') ? [change.record] : [];
  const cycle = checkDependencies(ctx, rewired);
  if (cycle !== null) return cycle;
  const room = takeRoom(ctx, [{ before: vm, record: change.record }]);
  if (isRefused(room)) return room;
  return { vm, change, room: { ...room, expect: [...room.expect, ...dependencyGuards(ctx, rewired)] } };
}

/** What the record keeps of the user's document; it was validated when it came in. */
function declaredOf(vm: CachedVm): DeclaredVm {
  return vm.record.declared as unknown as DeclaredVm;
}

/** `desired_phase` of a patch that passed validation; null goes back to the default. */
function wishedPhase(body: unknown): 'running' | 'stopped' | null {
  invariant(typeof body === 'object' && body !== null, 'a valid patch is an object');
  if (!Object.hasOwn(body, 'desired_phase')) return null;
  return (body as JsonObject)['desired_phase'] === 'stopped' ? 'stopped' : 'running';
}

/** Only kept for repetitions: a request without a key never reads it, so it is rendered only for one with. */
function documentAnswer(ctx: OperationContext, caller: Caller, vm: CachedVm, change: VmChange): StoredAnswer {
  const revisionOfCommit = change.record !== vm.record;
  if (caller.idempotency === null) return { status: 200, body: null, location: null, revisionOfCommit };
  const view = { ...vm.view, record: change.record };
  const changed = createVmReader()({ view, revision: vm.revision, readAt: ctx.clock.now(), live: null });
  return { status: 200, body: JSON.parse(changed.text(mayEdit(caller))) as Json, location: null, revisionOfCommit };
}
