import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../../core/kit/fault.ts';
import type { CommandDefinition } from '../command.ts';
import { printDocument } from '../print-document.ts';

export const backup: CommandDefinition = {
  arguments: [{ syntax: '<file>', text: 'file to make; it must not exist', completes: 'file' }],
  options: [],
  details:
    'Takes a consistent copy of the whole store while the control plane runs: desired state, tasks, events, hashes of ' +
    'tokens. Disks of VMs are not in it. Keep it as you keep secrets.',
  examples: [{ line: 'holdfast backup /srv/backup/holdfast.db', text: 'a copy of the store' }],
  async run(cli, words) {
    const file = words[0] ?? '';
    const body = await cli.client().open('GET', '/v1/backup', { signal: cli.io.signal });
    const target = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
    try {
      await pipeline(body, target, { signal: cli.io.signal });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      if (code === 'EEXIST') throw new Fault('backup_exists', `Cannot write ${file}: it exists already`);
      // Half a backup must not be taken for one.
      await rm(file, { force: true });
      cli.io.signal.throwIfAborted();
      throw new Fault(
        'backup_failed',
        `Cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    const made = {
      file,
      bytes: target.bytesWritten,
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
