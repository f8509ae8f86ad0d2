import type { CommandDefinition } from '../command.ts';
import { textOnly } from '../output-formats.ts';
import { runConsole } from '../run-console.ts';

export const vmConsole: CommandDefinition = {
  arguments: [{ syntax: '<name>', text: 'name of the VM', completes: 'vm' }],
  options: [
    { flags: '--read-only', text: 'look only: any number may, while one writes' },
    { flags: '--no-scrollback', text: 'begin with what comes, without what was' },
  ],
  details:
    'On a terminal every key goes to the guest; Ctrl-] leaves. In a pipe standard input goes to the guest, its output ' +
    'as text without control characters to standard output, and it ends when the input does and the guest has fallen ' +
    'silent.',
  examples: [
    { line: 'holdfast console web-1', text: 'a shell on the serial line; Ctrl-] leaves' },
    { line: 'echo uptime | holdfast console web-1', text: 'from a script' },
    {
      line: 'grep -m1 login: <(holdfast console web-1 --read-only)',
      text: 'wait for a line, not for the guest to go on after it',
    },
  ],
  formats: textOnly,
  run: (cli, words, options) =>
    runConsole(cli, words[0] ?? '', {
      readOnly: options.flag('read-only'),
      scrollback: !options.has('no-scrollback'),
    }),
};
