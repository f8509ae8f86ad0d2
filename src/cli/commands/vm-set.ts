import type { VmDocument } from '../../client/vm-document.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { CommandDefinition, OptionDefinition } from '../command.ts';
import { documentOfFlags, fieldsOfFlags } from '../document-of-flags.ts';
import { applyAssignment, refuseSetTwice } from '../field-values.ts';
import { printDocument } from '../print-document.ts';
import { syncWords } from '../render-vm-get.ts';
import { asAsked, selectorOption, selectVms, vmPath } from '../select-vms.ts';
import { throwFirst, tryEach } from '../try-each.ts';
import { waitOption } from '../verb-command.ts';
import { setOptions } from '../vm-flags.ts';
import { defaultWaitMs } from '../wait-task.ts';
import { waitVms } from '../wait-vm.ts';

/** What a change may do to a running guest (spec §2 "Cost of a change"). */
export const consentOptions: readonly OptionDefinition[] = [
  {
    flags: '--on-restart <what>',
    text: 'where a restart is needed; refuse unless said',
    choices: ['refuse', 'restart', 'defer'],
  },
  { flags: '--allow-replace', text: 'the root disk may be made anew, its content lost' },
];

export const vmSet: CommandDefinition = {
  arguments: [{ syntax: '[word...]', text: 'names of VMs, then FIELD=VALUE', completes: 'vm' }],
  options: [...setOptions, ...consentOptions, selectorOption, waitOption],
  details:
    'Changes fields and leaves the others. FIELD=null gives a field its default back and takes a label away, a dot goes into objects, and ' +
    'FIELD:=JSON sets lists, objects and the text "null". A field that is set twice is refused. A change that would restart a running guest is refused unless --on-restart says what then.',
  examples: [
    { line: 'holdfast vm set web-1 memory_mib=1024 --on-restart restart --wait', text: 'more memory, at once' },
    { line: 'holdfast vm set web-1 labels.tier=front stop.grace_seconds=30', text: 'several fields' },
    { line: 'holdfast vm set -l app=web restart_policy=always', text: 'every VM with a label' },
    { line: 'holdfast vm set web-1 --deletion-protection=false', text: 'by flag' },
  ],
  async run(cli, words, options) {
    const assignments = words.filter((word) => word.includes('='));
    const given = words.filter((word) => !word.includes('='));
    const names = await selectVms(cli, given, options);
    refuseSetTwice(fieldsOfFlags(options), assignments);
    const body = assignments.reduce(applyAssignment, documentOfFlags(options));
    if (Object.keys(body).length === 0) {
      const last = given.length > 1 ? `; '${given.at(-1)}' was taken for a name, it has no '='` : '';
      throw new Fault('usage', `Nothing to set: give FIELD=VALUE or a flag${last}`);
    }
    const query = consentQuery(options);
    const timeoutMs = options.durationMs('wait', defaultWaitMs);
    const changed: VmDocument[] = [];
    const errors = await tryEach(cli, names, async (name) => {
      const answer = await cli.client().request('PATCH', vmPath(name), {
        query,
        body,
        headers: { 'content-type': 'application/merge-patch+json' },
        signal: cli.io.signal,
      });
      changed.push(answer.body as unknown as VmDocument);
    });
    const reached =
      timeoutMs === undefined
        ? { vms: changed, errors: [] }
        : await waitVms(
            cli,
            changed.map(({ name }) => name),
            { condition: 'converged', timeoutMs },
          );
    const { vms } = reached;
    if (vms.length > 0) {
      await printDocument(cli, asAsked(names, options, vms), {
        names: () => vms.map(({ name }) => `vm/${name}`),
        table: () => (cli.quiet ? '' : vms.map((vm) => `vm/${vm.name} set: ${syncWords(vm).text}\n`).join('')),
      });
    }
    throwFirst(cli, [...errors, ...reached.errors]);
    return 0;
  },
};

export function consentQuery(options: {
  text(name: string): string | undefined;
  flag(name: string): boolean;
}): Readonly<Record<string, string | boolean | undefined>> {
  return {
    on_restart: options.text('on-restart'),
    allow_replace: options.flag('allow-replace') ? true : undefined,
  };
}
