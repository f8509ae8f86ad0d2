/** `POST /v1/vms`: `202` with the task; the instance is readable at once (spec §4, §13). */
import type { DeclaredVm } from '../../core/instance/declared.ts';
import { resolveSpec } from '../../core/instance/resolve-spec.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import { asUid, type TimeMs, type Uid } from '../../core/kit/brand.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import type { Task } from '../../core/task/task.ts';
import { hashSpec } from '../../wire/hash-spec.ts';
import { parseVmDocument } from '../../wire/manifest/vm-document.ts';
import type { Caller, Mutated } from '../mutate.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { put, vmKey, vmUidKey } from '../rows.ts';
import { checkSpec } from './change-vm.ts';
import type { OperationContext } from './context.ts';
import { checkDependencies, dependencyGuards } from './dependencies.ts';
import { nameIn, refuseOffences } from './refuse-offences.ts';
import { newTask, requestEvent, taskAnswer, taskRows, vmRow } from './write-vm.ts';

/** `ifNoneMatch`: `If-None-Match: *`, the caller wants `412` where the name exists. */
export async function createVm(
  ctx: OperationContext,
  caller: Caller,
  body: unknown,
  { ifNoneMatch }: { readonly ifNoneMatch: boolean },
): Promise<Mutated<Task> | Refusal> {
  const parsed = parseVmDocument(body, { document: 0, mode: 'body' });
  if (!parsed.ok) return refuseOffences(parsed.offences, nameIn(body));
  const { declared } = parsed;
  return await ctx.mutator.run<Task>(caller, (now) => {
    const taken = checkName(ctx, declared.name, ifNoneMatch);
    if (taken !== null) return taken;
    const record = newVmRecord(ctx, declared, now);
    const refusal = checkSpec(record.name, record.spec) ?? checkDependencies(ctx, [record]);
    if (refusal !== null) return refusal;
    const task = newTask(ctx, { type: 'vm.create', record, caller, now });
    return {
      expect: [{ key: vmKey(record.name), modRevision: 0 }, ...dependencyGuards(ctx, [record])],
      put: [...createRows(ctx, record, caller, now), ...taskRows(ctx, task, now)],
      result: task,
      stored: taskAnswer(task),
    };
  });
}

/** Record, uid and event of a new VM. */
export function createRows(ctx: OperationContext, record: VmRecord, caller: Caller, now: TimeMs) {
  return [
    vmRow(record),
    put(vmUidKey(record.uid), { name: record.name }),
    requestEvent(ctx, { code: 'vm_created', message: `VM "${record.name}" was declared`, record, caller, now }),
  ];
}

export function newVmRecord(ctx: OperationContext, declared: DeclaredVm, now: TimeMs): VmRecord {
  const uid = asUid(ctx.random.uuid());
  const spec = resolveSpec(declared, { uid, clusterArchitecture: ctx.config.architecture });
  return vmRecordOf({ uid, declared, spec, now });
}

/** The first record of a VM: generation and run begin at 1. */
export function vmRecordOf({
  uid,
  declared,
  spec,
  now,
}: {
  readonly uid: Uid;
  readonly declared: DeclaredVm;
  readonly spec: VmSpec;
  readonly now: TimeMs;
}): VmRecord {
  return {
    uid,
    name: declared.name,
    labels: declared.labels ?? {},
    annotations: declared.annotations ?? {},
    description: declared.description ?? null,
    managedBy: { source: 'api' },
    declared: declared as unknown as JsonObject,
    spec,
    specHash: hashSpec(spec),
    desiredPhase: declared.desired_phase ?? 'running',
    desiredPaused: false,
    run: 1,
    stopMode: 'graceful',
    generation: 1,
    generationAt: now,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
}

function checkName(ctx: OperationContext, name: string, ifNoneMatch: boolean): Refusal | null {
  const existing = ctx.model.get(name);
  if (existing === undefined) return null;
  if (existing.record.desiredPhase === 'deleted') return nameTaken(ctx, name, existing.record.uid);
  if (ifNoneMatch) return refuse('precondition_failed', `VM "${name}" exists already; nothing was changed`, { name });
  return refuse('already_exists', `Cannot create VM "${name}": a VM of that name exists`, {
    uid: existing.record.uid,
    next_action: 'Choose another name, or use apply to change the one that exists',
  });
}

/** The name stays taken until the node reported removal; the task says when. */
export function nameTaken(ctx: OperationContext, name: string, uid: string): Refusal {
  const task = [...ctx.model.index.activeTasks(uid).values()].find(({ type }) => type === 'vm.delete');
  return refuse('name_taken', `Cannot create VM "${name}": the VM of that name is still being removed`, {
    uid,
    task: task === undefined ? null : task.id,
    next_action: task === undefined ? 'Wait until it is gone' : `Wait for task ${task.id}`,
  });
}
