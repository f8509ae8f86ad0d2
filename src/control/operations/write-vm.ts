/** The rows of one change of one VM: the next record, its task, what the task supersedes, the event. */
import type { VmRecord } from '../../core/instance/vm-record.ts';
import type { TimeMs } from '../../core/kit/brand.ts';
import type { Json } from '../../core/kit/json.ts';
import { applyTaskDecision, supersedes, supersedeTask } from '../../core/task/decide-task.ts';
import { isFinished, type Task, type TaskType } from '../../core/task/task.ts';
import { taskTimeMs } from '../../core/task/task-words.ts';
import type { Caller } from '../mutate.ts';
import { newEvent } from '../new-event.ts';
import { renderTask } from '../render-task.ts';
import { put, readRow, type StoredAnswer, taskKey, vmKey } from '../rows.ts';
import type { OperationContext } from './context.ts';

type Rows = { readonly key: string; readonly value: Json }[];

/** The record after a change of desired state: the generation grows by exactly one (S2). */
export function bumped(record: VmRecord, change: Partial<VmRecord>, now: TimeMs): VmRecord {
  return { ...record, ...change, generation: record.generation + 1, generationAt: now, updatedAt: now };
}

/** The record after a change that no guest can see (labels, annotations, description). */
export function touched(record: VmRecord, change: Partial<VmRecord>, now: TimeMs): VmRecord {
  return { ...record, ...change, updatedAt: now };
}

/** A new task about `record`; already finished when its wish is granted. */
export function newTask(
  { random }: Pick<OperationContext, 'random'>,
  {
    type,
    record,
    caller,
    now,
    reached = false,
  }: {
    readonly type: TaskType;
    readonly record: VmRecord;
    readonly caller: Caller;
    readonly now: TimeMs;
    readonly reached?: boolean;
  },
): Task {
  const task: Task = {
    id: random.uuid(),
    type,
    status: 'pending',
    progress: 0,
    step: null,
    resource: { kind: 'VirtualMachine', name: record.name, uid: record.uid },
    targetGeneration: record.generation,
    targetRun: record.run,
    requestedBy: caller.principal,
    idempotencyKey: caller.idempotency?.key ?? null,
    error: null,
    attempts: 1,
    supersededBy: null,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    deadline: now + taskTimeMs(type, record.spec),
  };
  return reached ? applyTaskDecision(task, { kind: 'success', result: null }, now) : task;
}

/** The task's row and those of the unfinished tasks it takes the place of. */
export function taskRows({ model, store }: Pick<OperationContext, 'model' | 'store'>, task: Task, now: TimeMs): Rows {
  const rows: Rows = [put(taskKey(task.id), task)];
  for (const { id } of model.index.activeTasks(task.resource.uid).values()) {
    // The index follows a moment later than the store: a task that finished meanwhile never reopens.
    const old = readRow<Task>(store, taskKey(id))?.value;
    if (old === undefined || isFinished(old.status) || !supersedes(task.type, old.type)) continue;
    rows.push(put(taskKey(id), supersedeTask(old, task.id, now)));
  }
  return rows;
}

export function vmRow(record: VmRecord): Rows[number] {
  return put(vmKey(record.name), record);
}

/** `vm_stop_requested` and the like: what a user asked for, with the generation it became. */
export function requestEvent(
  { random }: Pick<OperationContext, 'random'>,
  {
    code,
    message,
    record,
    caller,
    now,
  }: {
    readonly code: string;
    readonly message: string;
    readonly record: VmRecord;
    readonly caller: Caller;
    readonly now: TimeMs;
  },
): Rows[number] {
  return newEvent(random, { at: now, code, message, record, node: null, by: caller.principal });
}

/** `202` with the task. */
export function taskAnswer(task: Task): StoredAnswer {
  return { status: 202, body: renderTask(task), location: `/v1/tasks/${task.id}`, revisionOfCommit: false };
}
