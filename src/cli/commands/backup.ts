import { existsSync } from 'node:fs';
import { Fault } from '../../core/kit/fault.ts';
import type { CommandDefinition } from '../command.ts';
import { printDocument } from '../print-document.ts';
import { existsFault, writeWhole } from '../write-whole.ts';

export const backup: CommandDefinition = {
  arguments: [{ syntax: '<file>', text: 'file to make; it must not exist', completes: 'file' }],
  options: [],
  details:
    'Takes a consistent copy of the whole store while the control plane runs: desired state, tasks, events, hashes of ' +
    'tokens. Disks of VMs are not in it. Keep it as you keep secrets. FILE appears once it is whole and on disk; a ' +
    'backup that was killed leaves FILE.ID.partial, which the next one of that name removes.',
  examples: [{ line: 'holdfast backup /srv/backup/holdfast.db', text: 'a copy of the store' }],
  async run(cli, words) {
    const file = words[0] ?? '';
    if (file === '') throw new Fault('usage', 'Name the file to make');
    if (existsSync(file)) throw existsFault(file);
    const body = await cli.client().open('GET', '/v1/backup', { signal: cli.io.signal });
    const made = {
      file,
      bytes: await writeWhole(file, body, { id: cli.io.uuid(), signal: cli.io.signal }),
      epoch: numberOf(body.headers.get('x-holdfast-epoch')),
      revision: numberOf(body.headers.get('x-holdfast-revision')),
    };
    await printDocument(cli, made, {
      names: () => [file],
      table: () => (cli.quiet ? '' : `${file}: ${made.bytes} bytes\n`),
    });
    return 0;
  },
};

const numberOf = (header: string | null): number | null => (header === null ? null : Number(header));
