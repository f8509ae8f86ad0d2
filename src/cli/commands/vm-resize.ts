import { Fault } from '../../core/kit/fault.ts';
import type { CommandDefinition } from '../command.ts';
import { documentOfFlags } from '../document-of-flags.ts';
import { selectorOption, selectVms, vmPath } from '../select-vms.ts';
import { runTasks, waitOption } from '../verb-command.ts';
import { resizeOptions } from '../vm-flags.ts';
import { consentOptions, consentQuery } from './vm-set.ts';

export const vmResize: CommandDefinition = {
  arguments: [{ syntax: '[name...]', text: 'names of VMs', completes: 'vm' }],
  options: [...resizeOptions, ...consentOptions.slice(0, 1), selectorOption, waitOption],
  details:
    'Changes cores, memory and the root disk: in place within the headroom of the running incarnation, else by a ' +
    'restart where --on-restart allows it. Disks only grow.',
  examples: [
    { line: 'holdfast vm resize web-1 --cpu 2 --memory 2GiB --on-restart restart --wait', text: 'at once' },
    { line: 'holdfast vm resize web-1 --memory 2GiB --on-restart defer', text: 'at the next start' },
  ],
  async run(cli, words, options) {
    const names = await selectVms(cli, words, options);
    const body = documentOfFlags(options);
    if (Object.keys(body).length === 0) throw new Fault('usage', 'Give --cpu, --memory or --disk-size');
    const query = consentQuery(options);
    await runTasks(cli, names, options, {
      send: (name) => cli.client().request('POST', vmPath(name, 'resize'), { body, query, signal: cli.io.signal }),
    });
    return 0;
  },
};
