import { closeSync, openAsBlob, openSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Cli } from '../../cli/cli.ts';
import type { CommandDefinition } from '../../cli/command.ts';
import { confirm } from '../../cli/confirm.ts';
import { Fault } from '../../core/kit/fault.ts';
import { ensureDataDir } from '../ensure-data-dir.ts';

export const restore: CommandDefinition = {
  arguments: [{ syntax: '<file>', text: 'a file that holdfast backup made', completes: 'file' }],
  options: [
    { flags: '--data-dir <dir>', text: 'restore beside a control plane that does not run', completes: 'directory' },
    { flags: '-y, --yes', text: 'do not ask' },
  ],
  details:
    'Puts a backup in the place of the store and begins a new epoch; what was declared since the backup is lost, what ' +
    'runs is adopted and never destroyed for being unknown. The store that was there is kept beside it.',
  examples: [
    { line: 'holdfast restore /srv/backup/holdfast.db', text: 'into the control plane that runs' },
    { line: 'holdfast restore backup.db --data-dir /var/lib/holdfast --yes', text: 'before it is started' },
  ],
  async run(cli, words, options) {
    const file = words[0] ?? '';
    const dataDir = options.text('data-dir');
    const content = await openFile(file);
    if (!options.flag('yes')) await confirm(cli, `Replace the store by ${file}? What was declared since is lost.`);
    if (dataDir === undefined) await upload(cli, content);
    else await replace(cli, file, dataDir);
    return 0;
  },
};

/** Before anything is asked or sent. */
async function openFile(file: string): Promise<Blob> {
  try {
    closeSync(openSync(file, 'r'));
    if (!statSync(file).isFile()) throw new Error('it is no file');
    return await openAsBlob(file);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Fault('file_unreadable', `Cannot read ${file}: ${why}`, { cause: error });
  }
}

async function upload(cli: Cli, content: Blob): Promise<void> {
  await cli.client().request('POST', '/v1/restore', {
    body: { content, mediaType: 'application/vnd.sqlite3' },
    signal: cli.io.signal,
  });
  cli.say('The control plane found the backup sound; it restores it now and starts anew.');
}

async function replace(cli: Cli, file: string, dataDir: string): Promise<void> {
  ensureDataDir(resolve(dataDir), 0o700);
  const { restoreStore } = await import('../../adapters/store/restore-store.ts');
  const { epoch, revision, replaced } = await restoreStore(file, join(resolve(dataDir), 'store', 'store.db'));
  const kept = replaced === undefined ? '' : `; the store that was there is kept as ${replaced}`;
  cli.print(`Restored at revision ${revision}, epoch ${epoch}${kept}\n`);
}
