import type { TaskDocument } from '../../client/documents.ts';
import type { Cli } from '../cli.ts';
import type { CommandDefinition } from '../command.ts';
import { deadlineIn } from '../deadline.ts';
import { printDocument } from '../print-document.ts';
import { startProgress } from '../progress.ts';
import { renderTask } from '../render-task.ts';
import { waitOption } from '../verb-command.ts';
import { defaultWaitMs, taskFault, waitTask } from '../wait-task.ts';

export const taskGet: CommandDefinition = {
  arguments: [{ syntax: '<id>', text: 'id of the task', completes: 'task' }],
  options: [{ ...waitOption, flags: '-w, --wait [duration]' }],
  details: 'With --wait the exit code is that of the task: 0 done, else by what it failed with.',
  examples: [{ line: 'holdfast task get 0195a3cf-c6e0-7d52-a0f3-94be1c2d7e05 -w', text: 'follow it to its end' }],
  async run(cli, words, options) {
    const { body } = await cli.client().request('GET', taskPath(words[0] ?? ''), { signal: cli.io.signal });
    const timeoutMs = options.durationMs('wait', defaultWaitMs);
    const task = body as unknown as TaskDocument;
    const shown = timeoutMs === undefined ? task : await follow(cli, task, timeoutMs);
    await printDocument(cli, shown, {
      names: () => [`task/${shown.id}`],
      table: () => renderTask(shown, cli.view),
    });
    const fault = timeoutMs === undefined ? null : taskFault(shown);
    if (fault !== null) throw fault;
    return 0;
  },
};

export function taskPath(word: string): string {
  return `/v1/tasks/${encodeURIComponent(word.replace(/^tasks?\//, ''))}`;
}

async function follow(cli: Cli, task: TaskDocument, timeoutMs: number): Promise<TaskDocument> {
  const progress = startProgress(cli);
  try {
    return await waitTask(cli, task, { deadline: deadlineIn(cli, timeoutMs), progress });
  } finally {
    progress.close();
  }
}
