import { Fault } from '../../core/kit/fault.ts';
import type { CommandDefinition } from '../command.ts';
import { printDocument } from '../print-document.ts';
import { asAsked, selectorOption, selectVms } from '../select-vms.ts';
import { throwFirst } from '../try-each.ts';
import { defaultWaitMs } from '../wait-task.ts';
import { isWaitWord, waitVms, waitWords } from '../wait-vm.ts';

export const vmWait: CommandDefinition = {
  arguments: [{ syntax: '[name...]', text: 'names of VMs', completes: 'vm' }],
  options: [
    {
      flags: '--for <condition>',
      text: 'converged (default), deleted, a phase, or a condition such as healthy or placed=false',
      offers: waitWords,
    },
    { flags: '--timeout <duration>', text: '10m unless said; 0 looks once' },
    selectorOption,
  ],
  details:
    'Waits over a watch, so that it ends with the very change. Exit code 6 when it did not happen in time; a failure ' +
    'that is not tried again by itself ends it at once with its own code.',
  examples: [
    { line: 'holdfast vm wait web-1', text: 'until it is in sync' },
    { line: 'holdfast vm wait -l app=web --for healthy --timeout 2m', text: 'until the health checks of all pass' },
    { line: 'holdfast vm wait web-1 --for deleted', text: 'until nothing is left' },
  ],
  async run(cli, words, options) {
    const condition = options.text('for') ?? 'converged';
    if (!isWaitWord(condition)) {
      throw new Fault('usage', `--for is one of ${waitWords.join(', ')}, or CONDITION=STATUS; not '${condition}'`);
    }
    const names = await selectVms(cli, words, options);
    const timeoutMs = options.durationMs('timeout') ?? defaultWaitMs;
    const reached = await waitVms(cli, names, { condition, timeoutMs });
    if (reached.vms.length > 0) {
      await printDocument(cli, asAsked(names, options, reached.vms), {
        names: () => reached.vms.map(({ name }) => `vm/${name}`),
        table: () => (cli.quiet ? '' : reached.vms.map(({ name }) => `vm/${name} ${condition}\n`).join('')),
      });
    }
    throwFirst(cli, reached.errors);
    return 0;
  },
};
