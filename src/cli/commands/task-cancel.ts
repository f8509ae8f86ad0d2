import type { TaskDocument } from '../../client/documents.ts';
import type { CommandDefinition } from '../command.ts';
import { printDocument } from '../print-document.ts';
import { taskPath } from './task-get.ts';

export const taskCancel: CommandDefinition = {
  arguments: [{ syntax: '<id>', text: 'id of the task', completes: 'task' }],
  options: [],
  details:
    'Gives up copying work, such as a create before the first boot. What else can be undone, a verb undoes: the refusal names it.',
  examples: [{ line: 'holdfast task cancel 0195a3cf-c6e0-7d52-a0f3-94be1c2d7e05', text: 'give it up' }],
  async run(cli, words) {
    const { body } = await cli
      .client()
      .request('POST', `${taskPath(words[0] ?? '')}/cancel`, { signal: cli.io.signal });
    const task = body as unknown as TaskDocument;
    await printDocument(cli, task, {
      names: () => [`task/${task.id}`],
      table: () => (cli.quiet ? '' : `task/${task.id} ${task.status}\n`),
    });
    return 0;
  },
};
