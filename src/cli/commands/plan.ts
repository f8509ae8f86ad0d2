import { applyOptions, sendManifests } from '../apply-options.ts';
import type { CommandDefinition } from '../command.ts';
import { printDocument } from '../print-document.ts';
import { itemsOf, renderPlan } from '../render-plan.ts';

export const plan: CommandDefinition = {
  arguments: [],
  options: applyOptions,
  details:
    'Asks the control plane what apply would do, by field and with the cost of each change. It has no side effect.',
  examples: [
    { line: 'holdfast plan -f web.yaml', text: 'what would change, and what restarts' },
    { line: 'holdfast plan -f shop/ --prune --owner owner=shop -o json', text: 'for a script' },
  ],
  async run(cli, _words, options) {
    const answer = await sendManifests(cli, '/v1/plan', options);
    const items = itemsOf(answer);
    await printDocument(cli, answer, {
      names: () => items.filter(({ action }) => action !== 'unchanged').map(({ name }) => `vm/${name}`),
      table: () => renderPlan(items, cli.view),
    });
    return 0;
  },
};
