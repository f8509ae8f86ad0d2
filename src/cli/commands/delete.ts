import { Fault } from '../../core/kit/fault.ts';
import { filenameOption } from '../apply-options.ts';
import type { CommandDefinition } from '../command.ts';
import { deleteVms } from '../delete-vms.ts';
import { readManifests, valuesOf } from '../read-manifests.ts';
import { waitOption } from '../verb-command.ts';

export const deleteManifests: CommandDefinition = {
  arguments: [],
  options: [
    filenameOption,
    { flags: '--graceful', text: 'let guests power off first' },
    { flags: '--ignore-not-found', text: 'what is gone already is no error' },
    waitOption,
  ],
  details: 'Deletes the VMs that the manifests name, with their disks. Dependents go before what they depend on.',
  examples: [
    { line: 'holdfast delete -f web.yaml --wait', text: 'and follow until nothing is left' },
    { line: 'holdfast delete -f shop/ --ignore-not-found', text: 'in a clean-up script' },
  ],
  async run(cli, _words, options) {
    const manifests = await readManifests(cli.io.stdin, options.list('filename'));
    const names = valuesOf(manifests).map(nameOf);
    const query = { graceful: options.flag('graceful') ? true : undefined };
    await deleteVms(cli, names, options, query);
    return 0;
  },
};

function nameOf(value: unknown, document: number): string {
  const name = typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined;
  if (typeof name === 'string') return name;
  throw new Fault('usage', `Document ${document} has no name`);
}
