import type { TaskDocument } from '../../client/documents.ts';
import { listAll } from '../../client/list-all.ts';
import type { CommandDefinition } from '../command.ts';
import { outputFormats } from '../output-formats.ts';
import { printDocument } from '../print-document.ts';
import { renderTasks } from '../render-task.ts';
import { vmName } from '../select-vms.ts';

export const taskList: CommandDefinition = {
  arguments: [],
  options: [
    { flags: '--vm <name>', text: 'only of this VM', completes: 'vm' },
    {
      flags: '--status <status>',
      text: 'only with this status',
      choices: ['pending', 'running', 'success', 'failed', 'cancelled', 'superseded'],
    },
  ],
  formats: outputFormats,
  examples: [{ line: 'holdfast task list --status running', text: 'what is going on' }],
  async run(cli, _words, options) {
    const vm = options.text('vm');
    const query = { vm: vm === undefined ? undefined : vmName(vm), status: options.text('status') };
    const { items } = await listAll<TaskDocument>(cli.client(), '/v1/tasks', query, cli.io.signal);
    const newestFirst = items.toReversed();
    if (items.length === 0 && (cli.format === 'table' || cli.format === 'wide')) {
      cli.say('No tasks.');
      return 0;
    }
    await printDocument(
      cli,
      { items: newestFirst },
      {
        names: () => newestFirst.map(({ id }) => `task/${id}`),
        table: () => renderTasks(newestFirst, { wide: cli.format === 'wide' }, cli.view),
      },
    );
    return 0;
  },
};
