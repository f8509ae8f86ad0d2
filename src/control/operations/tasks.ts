/** Tasks as users read, await and cancel them (spec §4). */
import type { VmRecord } from '../../core/instance/vm-record.ts';
import { cancelTask } from '../../core/task/decide-task.ts';
import { isFinished, type Task } from '../../core/task/task.ts';
import { withStep } from '../../core/task/task-step.ts';
import { isCancellable, undoVerb } from '../../core/task/undo-words.ts';
import type { Caller, Mutated } from '../mutate.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { put, readRow, rowOf, taskKey, taskPrefix, vmKey } from '../rows.ts';
import { type OperationContext, observedOf } from './context.ts';
import { deletedRecord, deleteEvent } from './delete-vm.ts';
import { readCursor, writeCursor } from './list-vms.ts';
import { taskAnswer, vmRow } from './write-vm.ts';

type ReadContext = Pick<OperationContext, 'store' | 'model' | 'clock'>;

/** The task with its step as it is now. */
export function getTask({ store, model, clock }: ReadContext, id: string): Task | Refusal {
  const row = readRow<Task>(store, taskKey(id));
  if (row === undefined)
    return refuse('not_found', `Task ${JSON.stringify(id.slice(0, 80))} does not exist`, { kind: 'Task' });
  if (isFinished(row.value.status)) return row.value;
  return withStep(row.value, model.getByUid(row.value.resource.uid)?.reading ?? null, clock.now());
}

export interface TaskFilter {
  readonly status?: string | undefined;
  readonly vm?: string | undefined;
}

/** Tasks looked at for one page. */
const scannedMax = 5_000;

/** Oldest first, as their ids sort. */
export function listTasks(
  ctx: ReadContext,
  { filter, limit, cursor }: { readonly filter: TaskFilter; readonly limit: number; readonly cursor: string | null },
): { readonly tasks: readonly Task[]; readonly cursor: string | null } | Refusal {
  const { store } = ctx;
  const after = cursor === null ? '' : readCursor('tasks', cursor, store.epoch);
  if (after === null) return refuse('cursor_expired', 'The cursor is of another epoch or of no list like this');
  const entries = store.list(taskPrefix, { ...(after === '' ? {} : { after: taskKey(after) }), limit: scannedMax });
  const tasks: Task[] = [];
  for (const entry of entries) {
    if (tasks.length >= limit) return { tasks, cursor: writeCursor('tasks', tasks.at(-1)?.id ?? '', store.epoch) };
    const stored = rowOf<Task>(entry).value;
    if (filter.status !== undefined && stored.status !== filter.status) continue;
    if (filter.vm !== undefined && filter.vm !== stored.resource.name && filter.vm !== `uid:${stored.resource.uid}`)
      continue;
    const task = getTask(ctx, stored.id);
    if (!isRefused(task)) tasks.push(task);
  }
  const last = entries.at(-1);
  const more = entries.length === scannedMax && last !== undefined;
  return { tasks, cursor: more ? writeCursor('tasks', last.key.slice(taskPrefix.length), store.epoch) : null };
}

/** Resolves when the task is finished or the signal ends; never rejects. */
export async function awaitTask(ctx: ReadContext, id: string, signal: AbortSignal): Promise<Task | Refusal> {
  const first = getTask(ctx, id);
  if (isRefused(first) || isFinished(first.status) || signal.aborted) return first;
  await new Promise<void>((resolve) => {
    const done = () => {
      if (watch.kind === 'watching') watch.close();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const watch = ctx.store.watch(taskKey(id), ctx.store.revision(), ({ events }) => {
      for (const event of events) {
        if (event.type === 'delete' || isFinished(rowOf<Task>(event.entry).value.status)) done();
      }
    });
    signal.addEventListener('abort', done, { once: true });
    // Settled between the first look and the watch.
    const again = readRow<Task>(ctx.store, taskKey(id));
    if (again === undefined || isFinished(again.value.status)) done();
  });
  return getTask(ctx, id);
}

/**
 * Aborts copying work back to before: of a VM, its create before the first boot. Everything else is undone by a verb,
 * which the refusal names; cancelling never edits desired state of what has run.
 */
export async function cancelVmTask(
  ctx: OperationContext,
  caller: Caller,
  id: string,
): Promise<Mutated<Task> | Refusal> {
  return await ctx.mutator.run<Task>(caller, (now) => {
    const row = readRow<Task>(ctx.store, taskKey(id));
    if (row === undefined) return refuse('not_found', `Task ${JSON.stringify(id.slice(0, 80))} does not exist`);
    const task = row.value;
    const { name, uid } = task.resource;
    if (isFinished(task.status)) {
      return refuse('not_cancellable', `Cannot cancel task ${id}: it has ended already, with ${task.status}`, {
        status: task.status,
        next_action: `See what it did with 'holdfast task get ${id}'`,
      });
    }
    const vm = ctx.model.getByUid(uid);
    const everRan = vm === undefined || observedOf(vm.view)?.everRan === true;
    if (vm === undefined || !isCancellable(task, everRan)) {
      const verb = undoVerb(task.type);
      return refuse('not_cancellable', `Cannot cancel task ${id}: ${task.type} of VM "${name}" is no copying work`, {
        undo: verb,
        next_action: verb === null ? 'It cannot be taken back' : `Run 'holdfast vm ${verb} ${name}' to undo it`,
      });
    }
    const cancelled = cancelTask(task, now);
    const record: VmRecord = deletedRecord(vm.record, false, now);
    return {
      expect: [
        { key: taskKey(id), modRevision: row.modRevision },
        { key: vmKey(vm.record.name), modRevision: vm.revision },
      ],
      put: [put(taskKey(id), cancelled), vmRow(record), deleteEvent(ctx, record, caller, now)],
      result: cancelled,
      stored: { ...taskAnswer(cancelled), status: 200, location: null },
    };
  });
}
