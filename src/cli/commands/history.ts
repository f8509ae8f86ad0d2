import type { HistoryDocument } from '../../client/documents.ts';
import type { CommandDefinition } from '../command.ts';
import { outputFormats } from '../output-formats.ts';
import { printDocument } from '../print-document.ts';
import { renderHistory } from '../render-events.ts';
import { vmPath } from '../select-vms.ts';

export const history: CommandDefinition = {
  arguments: [{ syntax: '<name>', text: 'name of the VM, or uid:UID of one that is gone', completes: 'vm' }],
  options: [],
  details:
    'The last 50 failures with their causes, what fails of the same again and again as one, then the events, oldest first.',
  formats: outputFormats,
  examples: [{ line: 'holdfast history web-1', text: 'what happened to it' }],
  async run(cli, words) {
    const { body } = await cli.client().request('GET', vmPath(words[0] ?? '', 'history'), { signal: cli.io.signal });
    const answer = body as unknown as HistoryDocument;
    await printDocument(cli, answer, {
      names: () => answer.events.map(({ id }) => `event/${id}`),
      table: () => renderHistory(answer, { wide: cli.format === 'wide' }, cli.view),
    });
    return 0;
  },
};
