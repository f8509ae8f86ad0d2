import { closeSync, openAsBlob, openSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Cli } from '../../cli/cli.ts';
import type { CommandDefinition } from '../../cli/command.ts';
import { confirm } from '../../cli/confirm.ts';
import { printDocument } from '../../cli/print-document.ts';
import { createPatience } from '../../client/patience.ts';
import { Fault, faultCode } from '../../core/kit/fault.ts';
import { ensureDataDir } from '../ensure-data-dir.ts';

/** What is read and written meanwhile is at most 8 GiB; a control plane that is not back by then needs a person. */
const backWithinMs = 300_000;

interface Restored {
  readonly epoch: number;
  readonly revision: number;
  /** Where the store that was there is kept; absent where there was none, or where the control plane knows it. */
  readonly replaced?: string | undefined;
}

export const restore: CommandDefinition = {
  arguments: [{ syntax: '<file>', text: 'a file that holdfast backup made', completes: 'file' }],
  options: [
    { flags: '--data-dir <dir>', text: 'restore beside a control plane that does not run', completes: 'directory' },
    { flags: '-y, --yes', text: 'do not ask' },
  ],
  details:
    'Puts a backup in the place of the store and begins a new epoch; what was declared since the backup is lost. What ' +
    'runs goes on; what the restored store does not know is an unknown instance (--unknown-instances of up and agent). ' +
    'The store that was there is kept beside it. It ends when the ' +
    'control plane answers again, after 5m with exit code 6; with 7 where the restored store does not know your token.',
  examples: [
    { line: 'holdfast restore /srv/backup/holdfast.db', text: 'into the control plane that runs' },
    { line: 'holdfast restore backup.db --data-dir /var/lib/holdfast --yes', text: 'before it is started' },
  ],
  formats: ['table', 'json', 'yaml'],
  async run(cli, words, options) {
    const file = words[0] ?? '';
    const dataDir = options.text('data-dir');
    const content = await openFile(file);
    if (!options.flag('yes')) await confirm(cli, `Replace the store by ${file}? What was declared since is lost.`);
    const restored = dataDir === undefined ? await upload(cli, content) : await replace(file, dataDir);
    const { epoch, revision, replaced } = restored;
    const kept = replaced === undefined ? '' : `; the store that was there is kept as ${replaced}`;
    await printDocument(cli, restored, {
      table: () => (cli.quiet ? '' : `Restored at revision ${revision}, epoch ${epoch}${kept}\n`),
    });
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
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    const why = code === 'ENOENT' ? 'there is no such file' : (code ?? String(error));
    throw new Fault('file_unreadable', `Cannot read ${file}: ${why}`, { cause: error });
  }
}

/** Sends it, and follows the restore until the control plane answers in the epoch that begins with it. */
async function upload(cli: Cli, content: Blob): Promise<Restored> {
  const { signal, clock } = cli.io;
  const before = await readEpoch(cli, signal);
  await cli.client().request('POST', '/v1/restore', {
    body: { content, mediaType: 'application/vnd.sqlite3' },
    signal,
  });
  cli.say('The control plane found the backup sound; it restores it now and starts anew.');
  const inTime = clock.timeout(backWithinMs, signal);
  const patience = createPatience({ sleep: clock.sleep, heardBefore: true });
  let wasAway = false;
  try {
    for (;;) {
      try {
        const now = await readEpoch(cli, inTime);
        if (now.epoch !== before.epoch) return now;
        if (wasAway) throw notRestored();
        await patience.pause(inTime);
      } catch (error) {
        if (faultCode(error) === 'store_failed') throw error;
        await patience.after(error, inTime);
        wasAway = true;
      }
    }
  } catch (error) {
    if (faultCode(error) === 'deadline_exceeded') throw notBack();
    // The store that was there knew it: it took the backup.
    if (faultCode(error) === 'unauthorized') throw tokenUnknown();
    throw error;
  }
}

async function readEpoch(cli: Cli, signal: AbortSignal): Promise<Restored> {
  const { body } = await cli.client().request('GET', '/v1/status', { signal });
  const { epoch, revision } = body as unknown as Restored;
  return { epoch, revision };
}

/** It answers again, in the epoch that was: the check of the file and the restore saw different things. */
const notRestored = (): Fault =>
  new Fault('store_failed', 'The control plane did not restore the backup and goes on with the store it had', {
    details: { next_action: 'See the log of the server' },
  });

const tokenUnknown = (): Fault =>
  new Fault('unauthorized', 'The backup is restored, but its store does not know this token', {
    details: {
      next_action:
        "Use the token in 'admin.token' of the server's data directory: it is known to whatever store it has",
    },
  });

const notBack = (): Fault =>
  new Fault('timeout', `The control plane does not answer ${backWithinMs / 1_000} s after it took the backup`, {
    details: { next_action: "It may still restore; see 'holdfast status' and the log of the server" },
  });

async function replace(file: string, dataDir: string): Promise<Restored> {
  ensureDataDir(resolve(dataDir), 0o700);
  const { restoreStore } = await import('../../adapters/store/restore-store.ts');
  return await restoreStore(file, join(resolve(dataDir), 'store', 'store.db'));
}
