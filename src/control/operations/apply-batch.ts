import type { Json, JsonObject } from '../../core/kit/json.ts';
import type { Task } from '../../core/task/task.ts';
import { renderMetadataPlan, renderPlan } from '../../wire/manifest/render-plan.ts';
import type { Caller, Mutated } from '../mutate.ts';
import { isRefused, type Refusal } from '../refusal.ts';
import { vmKey } from '../rows.ts';
import { type ApplyRequest, parseAll, planSteps, type Step } from './apply-steps.ts';
import { changedRows } from './changed-rows.ts';
import type { OperationContext } from './context.ts';
import { createRows } from './create-vm.ts';
import { deleteEvent } from './delete-vm.ts';
import { newTask, taskRows, vmRow } from './write-vm.ts';

export interface ApplyResult {
  readonly items: readonly JsonObject[];
}

/** Commits all steps at once; answers with one item a VM, each with its task. */
export async function applyBatch(
  ctx: OperationContext,
  caller: Caller,
  request: ApplyRequest,
): Promise<Mutated<ApplyResult> | Refusal> {
  const parsed = parseAll(request.documents);
  if (isRefused(parsed)) return parsed;
  return await ctx.mutator.run<ApplyResult>(caller, (now) => {
    const plan = planSteps(ctx, parsed.documents, request, now);
    if (isRefused(plan)) return plan;
    const { steps, room } = plan;
    const rows: { key: string; value: Json }[] = [...room.put];
    const items: JsonObject[] = [];
    for (const step of steps) {
      const task = taskOf(ctx, step, caller, now);
      rows.push(...stepRows(ctx, step, caller, now), ...(task === null ? [] : taskRows(ctx, task, now)));
      items.push({ ...renderStep(step), task: task?.id ?? null });
    }
    const result = { items };
    return {
      expect: [
        ...steps.map(({ record, before }) => ({ key: vmKey(record.name), modRevision: before?.revision ?? 0 })),
        ...room.expect,
      ],
      put: rows,
      result,
      stored: { status: 200, body: { items }, location: null, revisionOfCommit: false },
    };
  });
}

/** The same without any side effect whatsoever (spec §5), consent taken for given: a plan is asked for what would need it. */
export function planBatch(ctx: OperationContext, request: ApplyRequest): ApplyResult | Refusal {
  const parsed = parseAll(request.documents);
  if (isRefused(parsed)) return parsed;
  const onRestart = request.consent.onRestart === 'defer' ? 'defer' : 'restart';
  const consent = { onRestart, allowReplace: true } as const;
  const plan = planSteps(ctx, parsed.documents, { ...request, consent }, ctx.clock.now());
  return isRefused(plan) ? plan : { items: plan.steps.map(renderStep) };
}

function taskOf(ctx: OperationContext, step: Step, caller: Caller, now: number): Task | null {
  if (!step.desiredChanged) return null;
  const type = step.action === 'create' ? 'vm.create' : step.action === 'delete' ? 'vm.delete' : 'vm.update';
  return newTask(ctx, { type, record: step.record, caller, now });
}

function stepRows(
  ctx: OperationContext,
  step: Step,
  caller: Caller,
  now: number,
): readonly { readonly key: string; readonly value: Json }[] {
  const { action, record, before } = step;
  if (action === 'create') return createRows(ctx, record, caller, now);
  if (action === 'delete') return [vmRow(record), deleteEvent(ctx, record, caller, now)];
  return before === null ? [] : changedRows(ctx, caller, before.record, step, now);
}

function renderStep({ action, before, record, changes, restarts, deferred }: Step): JsonObject {
  const from = before?.record.spec ?? record.spec;
  return {
    kind: 'VirtualMachine',
    name: record.name,
    uid: record.uid,
    action,
    generation: record.generation,
    changes: [
      ...(before === null ? [] : renderMetadataPlan(before.record, record)),
      ...renderPlan(changes, from, record.spec),
    ],
    restarts,
    deferred,
  };
}
