import type { TaskDocument } from '../../client/documents.ts';
import { applyOptions, sendManifests } from '../apply-options.ts';
import type { Cli } from '../cli.ts';
import type { CommandDefinition } from '../command.ts';
import { deadlineIn } from '../deadline.ts';
import { printDocument } from '../print-document.ts';
import { startProgress } from '../progress.ts';
import { itemsOf, type PlanItem, renderApplied } from '../render-plan.ts';
import { throwFirst, tryEach } from '../try-each.ts';
import { waitOption } from '../verb-command.ts';
import { defaultWaitMs, taskFault, waitTask } from '../wait-task.ts';
import { waitVm } from '../wait-vm.ts';

export const apply: CommandDefinition = {
  arguments: [],
  options: [...applyOptions, waitOption],
  details:
    'All documents are one transaction: all are accepted or none, at most 1,000 of them. An absent field has its ' +
    'default; whether a VM runs stays as it is where a document does not say it. A list, as -o json prints it, stands ' +
    'for the documents in it. A file: URL without a slash behind its ' +
    'scheme (file:../images/vmlinuz) is relative to the manifest.',
  examples: [
    { line: 'holdfast apply -f web.yaml --wait', text: 'and follow until all is converged' },
    {
      line: 'holdfast apply -f shop/ --prune --owner owner=shop',
      text: 'a directory; VMs of that owner that are no longer in it are deleted',
    },
    { line: 'holdfast vm get web-1 -o yaml | sed s/web-1/web-2/ | holdfast apply -f -', text: 'in a pipe' },
  ],
  async run(cli, _words, options) {
    const answer = await sendManifests(cli, '/v1/apply', options);
    const items = itemsOf(answer);
    await printDocument(cli, answer, {
      names: () => items.map(({ name }) => `vm/${name}`),
      table: () => (cli.quiet ? '' : renderApplied(items, cli.view)),
    });
    const timeoutMs = options.durationMs('wait', defaultWaitMs);
    if (timeoutMs !== undefined) await followTasks(cli, items, timeoutMs);
    return 0;
  },
};

/** Follows the task of each VM that changed; the first failure decides the exit code, all are printed. */
async function followTasks(cli: Cli, items: readonly PlanItem[], timeoutMs: number): Promise<void> {
  const taskOf = new Map(items.flatMap(({ name, task }) => (typeof task === 'string' ? [[name, task] as const] : [])));
  const deadline = deadlineIn(cli, timeoutMs);
  const progress = startProgress(cli);
  try {
    const staying = items.filter(({ action }) => action !== 'delete').map(({ name }) => name);
    const errors = await tryEach(cli, [...new Set([...taskOf.keys(), ...staying])], async (name) => {
      if (!taskOf.has(name)) {
        // Nothing new was asked of it, yet an earlier change may still be on its way.
        await waitVm(cli, name, { condition: 'converged', deadline, progress });
        return;
      }
      const { body } = await cli.client().request('GET', `/v1/tasks/${taskOf.get(name)}`, { signal: cli.io.signal });
      const ended = await waitTask(cli, body as unknown as TaskDocument, { deadline, progress });
      const fault = taskFault(ended);
      if (fault !== null) throw fault;
      cli.say(`vm/${name} ${ended.type.replace('vm.', '')}: done`);
    });
    throwFirst(cli, errors);
  } finally {
    progress.close();
  }
}
