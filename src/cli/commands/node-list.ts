import type { NodeDocument } from '../../client/documents.ts';
import type { CommandDefinition } from '../command.ts';
import { outputFormats } from '../output-formats.ts';
import { printDocument } from '../print-document.ts';
import { renderNodes } from '../render-cluster.ts';

export const nodeList: CommandDefinition = {
  arguments: [],
  options: [],
  formats: outputFormats,
  examples: [
    { line: 'holdfast node list', text: 'hosts, their health and what they hold' },
    { line: 'holdfast node list -o wide', text: 'with what is promised to VMs, the version of the agent and labels' },
  ],
  async run(cli) {
    const { body } = await cli.client().request('GET', '/v1/nodes', { signal: cli.io.signal });
    const { items } = body as unknown as { readonly items: readonly NodeDocument[] };
    await printDocument(
      cli,
      { items },
      {
        names: () => items.map(({ name }) => `node/${name}`),
        table: () => renderNodes(items, { wide: cli.format === 'wide' }, cli.view),
      },
    );
    return 0;
  },
};
