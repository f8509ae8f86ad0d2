import type { CommandDefinition } from '../command.ts';
import { printDocument } from '../print-document.ts';

export const version: CommandDefinition = {
  arguments: [],
  options: [],
  examples: [{ line: 'holdfast version -o json', text: 'for a script' }],
  async run(cli) {
    const { version: text } = cli.io;
    await printDocument(cli, { version: text }, { names: () => [text], table: () => `holdfast ${text}\n` });
    return 0;
  },
};
