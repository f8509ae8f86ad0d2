import type { Cli } from '../cli.ts';
import type { CommandDefinition } from '../command.ts';
import { vmPath } from '../select-vms.ts';

/** The most that a node keeps of a log and the API hands out. */
const wholeLogBytes = 8 * 1024 * 1024;

export const vmLogs: CommandDefinition = {
  arguments: [{ syntax: '<name>', text: 'name of the VM, or uid:UID of one that is gone', completes: 'vm' }],
  options: [
    { flags: '-f, --follow', text: 'go on with what comes' },
    { flags: '--tail <lines>', text: 'only so many of the last lines' },
  ],
  details: 'What the guest wrote to its serial console, bounded by size; kept for a while after delete.',
  examples: [
    { line: 'holdfast logs web-1 --tail 50', text: 'the end of the boot' },
    { line: 'holdfast logs web-1 -f', text: 'follow' },
  ],
  async run(cli, words, options) {
    const path = vmPath(words[0] ?? '', 'logs');
    const lines = options.integer('tail', { min: 0, max: 1_000_000 });
    const follow = options.flag('follow');
    if (lines === undefined) await printLog(cli, path, { skipBytes: 0, follow });
    else {
      const log = await readLog(cli, path);
      const tail = lastLines(log, lines);
      if (!follow) cli.print(tail.toString('utf8'));
      // The log again from its beginning: what came since the look follows what was looked at, and none of it is lost.
      else await printLog(cli, path, { skipBytes: log.length - tail.length, follow });
    }
    return 0;
  },
};

async function openLog(cli: Cli, path: string, query: Readonly<Record<string, number | boolean | undefined>>) {
  const headers = { accept: 'text/plain' };
  return await cli.client().open('GET', path, { query, headers, signal: cli.io.signal });
}

async function readLog(cli: Cli, path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await openLog(cli, path, { tail_bytes: wholeLogBytes })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function printLog(cli: Cli, path: string, view: { skipBytes: number; follow: boolean }): Promise<void> {
  const decoder = new TextDecoder();
  const query = { tail_bytes: wholeLogBytes, follow: view.follow ? true : undefined };
  let skipBytes = view.skipBytes;
  for await (const chunk of await openLog(cli, path, query)) {
    cli.print(decoder.decode(chunk.subarray(skipBytes), { stream: true }));
    skipBytes = Math.max(0, skipBytes - chunk.length);
  }
  cli.print(decoder.decode());
}

const lineFeed = 0x0a;

/** The last lines of a log; a line without an end at the end counts as one. */
export function lastLines(log: Buffer, lines: number): Buffer {
  if (lines === 0) return Buffer.alloc(0);
  let at = log.length - (log.at(-1) === lineFeed ? 1 : 0);
  for (let left = lines; left > 0 && at >= 0; left -= 1) at = at === 0 ? -1 : log.lastIndexOf(lineFeed, at - 1);
  return log.subarray(at + 1);
}
