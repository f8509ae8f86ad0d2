import { Fault } from '../../core/kit/fault.ts';
import type { CommandDefinition } from '../command.ts';
import { confirm } from '../confirm.ts';
import { deleteVms } from '../delete-vms.ts';
import { selectorOption, selectVms } from '../select-vms.ts';
import { waitOption } from '../verb-command.ts';

export const vmDelete: CommandDefinition = {
  arguments: [{ syntax: '[name...]', text: 'names of VMs', completes: 'vm' }],
  options: [
    selectorOption,
    { flags: '--graceful', text: 'let the guest power off first' },
    { flags: '--forget', text: 'free the name although the node has not reported the removal' },
    { flags: '-y, --yes', text: 'do not ask' },
    waitOption,
  ],
  details:
    'Deletes VMs with their disks. It cannot be taken back. By name it does not ask; by label it does, and needs --yes ' +
    'where there is no terminal.',
  examples: [
    { line: 'holdfast vm delete web-1 --wait', text: 'delete and follow until nothing is left' },
    { line: 'holdfast vm delete -l app=web --yes', text: 'all of a label, from a script' },
    { line: 'holdfast vm delete web-1 --forget', text: 'its node is away for good' },
  ],
  async run(cli, words, options) {
    if (options.flag('graceful') && options.flag('forget')) {
      throw new Fault('usage', '--graceful needs the node, --forget gives it up: choose one');
    }
    const names = await selectVms(cli, words, options);
    if (options.has('selector') && !options.flag('yes')) {
      const shown = names.slice(0, 10).join(', ') + (names.length > 10 ? ', …' : '');
      await confirm(cli, `Delete ${names.length} VM(s) with their disks: ${shown}?`);
    }
    const query = {
      graceful: options.flag('graceful') ? true : undefined,
      forget: options.flag('forget') ? true : undefined,
    };
    await deleteVms(cli, names, options, query);
    return 0;
  },
};
