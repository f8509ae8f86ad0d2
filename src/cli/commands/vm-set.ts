import type { VmDocument } from '../../client/documents.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { CommandDefinition, OptionDefinition } from '../command.ts';
import { applyAssignment } from '../field-values.ts';
import { printDocument } from '../print-document.ts';
import { startProgress } from '../progress.ts';
import { syncWords } from '../render-vm-get.ts';
import { forEachVm, selectorOption, selectVms, vmPath } from '../select-vms.ts';
import { waitOption } from '../verb-command.ts';
import { documentOfFlags, setOptions } from '../vm-flags.ts';
import { defaultWaitMs } from '../wait-task.ts';
import { waitVm } from '../wait-vm.ts';

/** What a change may do to a running guest (spec §2 "Cost of a change"). */
export const consentOptions: readonly OptionDefinition[] = [
  { flags: '--on-restart <what>', text: 'where a restart is needed', choices: ['refuse', 'restart', 'defer'] },
  { flags: '--allow-replace', text: 'the root disk may be made anew, its content lost' },
];

export const vmSet: CommandDefinition = {
  arguments: [{ syntax: '[word...]', text: 'names of VMs, then FIELD=VALUE', completes: 'vm' }],
  options: [...setOptions, ...consentOptions, selectorOption, waitOption],
  details:
    'Changes fields and leaves the others. FIELD=null gives a field its default back, a dot goes into objects, and ' +
    'FIELD:=JSON sets lists and objects. A change that would restart a running guest is refused unless --on-restart says what then.',
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
    const body = assignments.reduce(applyAssignment, documentOfFlags(options));
    if (Object.keys(body).length === 0) throw new Fault('usage', 'Nothing to set: give FIELD=VALUE or a flag');
    const query = consentQuery(options);
    const timeoutMs = options.durationMs('wait', defaultWaitMs);
    const answers: VmDocument[] = [];
    const progress = startProgress(cli);
    await forEachVm(cli, names, async (name) => {
      const answer = await cli.client().request('PATCH', vmPath(name), {
        query,
        body,
        headers: { 'content-type': 'application/merge-patch+json' },
        signal: cli.io.signal,
      });
      const vm = answer.body as unknown as VmDocument;
      answers.push(
        timeoutMs === undefined ? vm : await waitVm(cli, name, { condition: 'converged', timeoutMs, progress }),
      );
    }).finally(() => progress.close());
    await printDocument(cli, answers.length === 1 ? answers[0] : { items: answers }, {
      names: () => answers.map(({ name }) => `vm/${name}`),
      table: () => (cli.quiet ? '' : answers.map((vm) => `vm/${vm.name} set: ${syncWords(vm).text}\n`).join('')),
    });
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
