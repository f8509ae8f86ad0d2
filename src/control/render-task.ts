import { timeText } from '../core/convergence/clock-text.ts';
import type { TimeMs } from '../core/kit/brand.ts';
import type { JsonObject } from '../core/kit/json.ts';
import type { Task } from '../core/task/task.ts';

/** A task as examples.md (c) shows it. */
export function renderTask(task: Task): JsonObject {
  const { step, error, resource, result } = task;
  return {
    id: task.id,
    type: task.type,
    status: task.status,
    progress: task.progress,
    step:
      step === null
        ? null
        : {
            name: step.name,
            index: step.index,
            count: step.count,
            message: step.message,
            deadline: timeOrNull(step.deadline),
          },
    resource: { kind: resource.kind, name: resource.name, uid: resource.uid },
    target_generation: task.targetGeneration,
    target_run: task.targetRun,
    requested_by: task.requestedBy,
    idempotency_key: task.idempotencyKey,
    result: result == null ? null : { ended: result.ended },
    error: error === null ? null : { code: error.code, message: error.message, details: error.details },
    attempts: task.attempts,
    superseded_by: task.supersededBy,
    created_at: timeText(task.createdAt),
    started_at: timeOrNull(task.startedAt),
    finished_at: timeOrNull(task.finishedAt),
    deadline: timeText(task.deadline),
    links: { self: `/v1/tasks/${task.id}`, resource: `/v1/vms/${resource.name}` },
  };
}

function timeOrNull(time: TimeMs | null): string | null {
  return time === null ? null : timeText(time);
}
