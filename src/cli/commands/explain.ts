import type { ExplanationDocument } from '../../client/documents.ts';
import type { CommandDefinition } from '../command.ts';
import { printDocument } from '../print-document.ts';
import { renderExplain } from '../render-explain.ts';
import { vmPath } from '../select-vms.ts';

export const explain: CommandDefinition = {
  arguments: [{ syntax: '<name>', text: 'name of the VM, or uid:UID', completes: 'vm' }],
  options: [],
  details:
    'In sentences, first the one that matters most: what differs, what it waits for, what failed, and what to do.',
  examples: [{ line: 'holdfast explain web-1', text: 'why it is not converged' }],
  async run(cli, words) {
    const { body } = await cli.client().request('GET', vmPath(words[0] ?? '', 'explain'), { signal: cli.io.signal });
    const answer = body as unknown as ExplanationDocument;
    await printDocument(cli, answer, {
      names: () => [`vm/${answer.name}`],
      table: () => renderExplain(answer, cli.view),
    });
    return 0;
  },
};
