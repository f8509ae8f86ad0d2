import { applyOptions, sendManifests } from '../apply-options.ts';
import type { CommandDefinition } from '../command.ts';
import { printDocument } from '../print-document.ts';
import { itemsOf, renderDiff } from '../render-plan.ts';

export const diff: CommandDefinition = {
  arguments: [],
  options: [...applyOptions, { flags: '--exit-zero', text: 'exit with 0 also where something differs' }],
  details:
    'Prints what apply would change, nothing where nothing would. Exit code 0: no difference, 1: some, or a ' +
    'defect that standard error tells of; above: an error.',
  examples: [
    { line: 'holdfast diff -f web.yaml', text: 'what the cluster has otherwise' },
    { line: 'holdfast diff -qf shop/ || holdfast apply -f shop/', text: 'apply only where something differs' },
  ],
  async run(cli, _words, options) {
    const answer = await sendManifests(cli, '/v1/plan', options);
    const items = itemsOf(answer);
    const differs = items.some(({ action }) => action !== 'unchanged');
    await printDocument(cli, answer, {
      names: () => items.filter(({ action }) => action !== 'unchanged').map(({ name }) => `vm/${name}`),
      table: () => (cli.quiet ? '' : renderDiff(items, cli.view)),
    });
    return differs && !options.flag('exit-zero') ? differenceCode : 0;
  },
};

/** As `diff` does; errors have codes of their own above it. */
const differenceCode = 1;
