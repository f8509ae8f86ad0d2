/**
 * Finishes tasks. A task drives nothing: this loop only compares it with what is observed of its VM, whenever that
 * changes or a deadline comes (spec §4, architecture rule 4).
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import { applyTaskDecision, decideTask } from '../core/task/decide-task.ts';
import type { Task } from '../core/task/task.ts';
import { withStep } from '../core/task/task-step.ts';
import type { StoreEvent } from '../ports/store.ts';
import { type ControlDeps, commitAttemptsMax } from './control-config.ts';
import { newEvent, systemPrincipal } from './new-event.ts';
import type { ReadModel } from './read-model.ts';
import { nodePrefix, put, readRow, rowOf, taskKey, taskPrefix, vmPrefix } from './rows.ts';
import type { VisibleChanges } from './visible-changes.ts';
import { startWakeLoop, type WakeLoop } from './wake-loop.ts';

type Deps = ControlDeps & { readonly model: ReadModel; readonly changes: VisibleChanges };

/** Uids whose tasks are looked at between two turns of the event loop. */
const slice = 500;

export function startTaskEngine(deps: Deps): WakeLoop & { close(): void } {
  const { clock, model, changes } = deps;
  const touched = new Set<string>();
  let deadlineAt: number | null = null;

  const loop = startWakeLoop(deps, 'the task engine', async () => {
    const now = clock.now();
    if (deadlineAt !== null && now >= deadlineAt) {
      deadlineAt = null;
      for (const uid of model.index.uidsWithTasks()) touched.add(uid);
    }
    const uids = [...touched].slice(0, slice);
    for (const uid of uids) touched.delete(uid);
    const deadlines = await Promise.all(uids.map((uid) => settleTasks(deps, uid))).catch((error: unknown) => {
      for (const uid of uids) touched.add(uid);
      throw error;
    });
    for (const at of deadlines) if (at !== null) deadlineAt = Math.min(deadlineAt ?? at, at);
    return touched.size > 0 ? now : deadlineAt;
  });

  for (const uid of model.index.uidsWithTasks()) touched.add(uid);
  const close = changes.watch(({ events }) => {
    const before = touched.size;
    for (const event of events) touch(event, model, touched);
    if (touched.size > before) loop.wake();
  });
  return { ...loop, close };
}

/** Adds the uids with unfinished tasks whose reading may have changed. */
function touch(event: StoreEvent, model: ReadModel, touched: Set<string>): void {
  const key = event.type === 'put' ? event.entry.key : event.key;
  const entry = event.type === 'put' ? event.entry : event.previous;
  if (key.startsWith(nodePrefix)) {
    for (const uid of model.index.uidsWithTasks()) touched.add(uid);
    return;
  }
  if (key.startsWith(taskPrefix)) {
    touched.add(rowOf<Task>(entry).value.resource.uid);
    return;
  }
  const uid = key.startsWith(vmPrefix) ? rowOf<VmRecord>(entry).value.uid : key.slice(key.indexOf('/') + 1);
  if (model.index.activeTasks(uid).size > 0) touched.add(uid);
}

/** Looks at every unfinished task of one VM. Returns the earliest deadline left. */
async function settleTasks(deps: Deps, uid: string): Promise<number | null> {
  let earliest: number | null = null;
  for (const id of [...deps.model.index.activeTasks(uid).keys()]) {
    const deadline = await settleTask(deps, uid, id);
    if (deadline !== null) earliest = Math.min(earliest ?? deadline, deadline);
  }
  return earliest;
}

async function settleTask({ store, clock, random, model }: Deps, uid: string, id: string): Promise<number | null> {
  for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
    const row = readRow<Task>(store, taskKey(id));
    if (row === undefined || row.value.finishedAt !== null) return null;
    const now = clock.now();
    const reading = model.getByUid(uid)?.reading ?? null;
    const decision = decideTask(row.value, reading, now);
    if (decision.kind === 'none') return row.value.deadline;
    const task = decision.kind === 'fail' ? withStep(row.value, reading, now) : row.value;
    const next = applyTaskDecision(task, decision, now);
    const event =
      decision.kind === 'fail' && decision.error !== null
        ? [
            newEvent(random, {
              at: now,
              code: 'task_failed',
              message: decision.error.message,
              record: next.resource,
              node: null,
              by: systemPrincipal,
            }),
          ]
        : [];
    const result = await store.commit({
      expect: [{ key: taskKey(id), modRevision: row.modRevision }],
      put: [put(taskKey(id), next), ...event],
    });
    if (result.ok) return next.finishedAt === null ? next.deadline : null;
  }
  return clock.now();
}
