import type { TaskDocument } from '../client/documents.ts';
import { createPatience } from '../client/patience.ts';
import { isErrorCode } from '../core/kit/error-table.ts';
import { Fault } from '../core/kit/fault.ts';
import { isFinished, type TaskStatus } from '../core/task/task.ts';
import type { Cli } from './cli.ts';
import type { Deadline } from './deadline.ts';
import type { Progress } from './progress.ts';
import { silenceWords, watchDeps } from './watch-deps.ts';

/** `--wait` without a time: as long as the longest task may take. */
export const defaultWaitMs = 600_000;
/** How long the server holds one question; it bounds how old the step shown may be. */
const heldSeconds = 1;
/** A server that does not hold the question is not asked more often than this. */
const askEveryMs = 100;

/**
 * Follows a task until it is finished, and looks once however little time is left. Faults with `timeout` when it is not in
 * time: it goes on nevertheless.
 */
export async function waitTask(
  cli: Cli,
  task: TaskDocument,
  { deadline, progress }: { readonly deadline: Deadline; readonly progress: Progress },
): Promise<TaskDocument> {
  const { clock, signal } = cli.io;
  const key = `vm/${task.resource.name}`;
  let latest = task;
  const onSilence = (): void => progress.update(key, silenceWords);
  const patience = createPatience({ ...watchDeps(cli, true), onSilence });
  for (let isLooked = false; !isFinished(latest.status as TaskStatus); isLooked = true) {
    progress.update(key, stepText(latest));
    const askedAt = clock.now();
    if (askedAt >= deadline.endsAt && isLooked) throw notInTime(latest, deadline);
    const wait = Math.max(0, Math.min(heldSeconds, Math.ceil((deadline.endsAt - askedAt) / 1_000)));
    try {
      const { body } = await cli.client().request('GET', `/v1/tasks/${task.id}`, { query: { wait }, signal });
      latest = body as unknown as TaskDocument;
      patience.heard();
    } catch (error) {
      await patience.after(error, signal);
    }
    const spent = clock.now() - askedAt;
    if (spent < askEveryMs && !isFinished(latest.status as TaskStatus)) await clock.sleep(askEveryMs - spent, signal);
  }
  progress.done(key);
  return latest;
}

/** `stop 2/3, 33 %: Waiting for the guest to power off`. */
function stepText({ type, status, step, progress }: TaskDocument): string {
  if (step === null) return `${type} ${status}`;
  return `${step.name} ${step.index + 1}/${step.count}, ${progress} %: ${step.message}`;
}

/** A task that did not end in success as the error it is for a script. */
export function taskFault(task: TaskDocument): Fault | null {
  const verb = task.type.replace('vm.', '');
  const name = task.resource.name;
  switch (task.status) {
    case 'failed': {
      const error = task.error ?? { code: 'task_failed', message: `Cannot ${verb} VM "${name}"`, details: {} };
      const code = isErrorCode(error.code) ? error.code : 'task_failed';
      return new Fault(code, error.message, { retry: 'never', details: { task: task.id, ...error.details } });
    }
    case 'superseded':
      return new Fault('task_superseded', `The ${verb} of VM "${name}" was superseded by another verb`, {
        retry: 'never',
        details: { task: task.id, superseded_by: task.superseded_by },
      });
    case 'cancelled':
      return new Fault('task_cancelled', `The ${verb} of VM "${name}" was cancelled`, {
        retry: 'never',
        details: { task: task.id },
      });
    default:
      return null;
  }
}

function notInTime(task: TaskDocument, { timeoutMs }: Deadline): Fault {
  const waited = `${Math.round(timeoutMs / 1_000)} s`;
  return new Fault('timeout', `The ${task.type} of VM "${task.resource.name}" is not done after ${waited}`, {
    details: {
      task: task.id,
      step: stepText(task),
      next_action: `It goes on; see 'holdfast task get ${task.id} --wait'`,
    },
  });
}
