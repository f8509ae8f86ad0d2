import type { OpenBody } from '../../client/api-client.ts';
import { createPatience } from '../../client/patience.ts';
import { faultCode } from '../../core/kit/fault.ts';
import { historyHeader } from '../../wire/http/log-stream.ts';
import type { Cli } from '../cli.ts';
import type { CommandDefinition } from '../command.ts';
import { createGuestTextPrinter } from '../guest-text.ts';
import { createLogPosition, type LogPosition } from '../log-position.ts';
import { textOnly } from '../output-formats.ts';
import { vmPath } from '../select-vms.ts';
import { watchDeps } from '../watch-deps.ts';

/** The most that a node keeps of a log and the API hands out. */
const wholeLogBytes = 8 * 1024 * 1024;

export const vmLogs: CommandDefinition = {
  arguments: [{ syntax: '<name>', text: 'name of the VM, or uid:UID of one that is gone', completes: 'vm' }],
  options: [
    { flags: '-f, --follow', text: 'go on with what comes' },
    { flags: '--tail <lines>', text: 'only so many of the last lines' },
  ],
  details:
    'What the guest wrote to its serial console, as text without control characters, bounded by size; kept for a while ' +
    'after delete. -f ends when the guest does, at once where it does not run.',
  examples: [
    { line: 'holdfast logs web-1 --tail 50', text: 'the end of the boot' },
    { line: 'holdfast logs web-1 -f', text: 'follow' },
  ],
  formats: textOnly,
  async run(cli, words, options) {
    const path = vmPath(words[0] ?? '', 'logs');
    const lines = options.integer('tail', { min: 0, max: 1_000_000 });
    const follow = options.flag('follow');
    const out = logPrinter(cli);
    if (!follow) {
      const log = await readLog(cli, path);
      if (log.length === 0) cli.say(`${words[0]} has written nothing to its console yet`);
      out.print(lines === undefined ? log : lastLines(log, lines));
    } else {
      await followLog(cli, path, lines, out);
    }
    out.end();
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

/**
 * A guest's escape sequences are for its own console. They stay out of a pipe too: at the end of `logs web-1 | tail` is the
 * reader's terminal, which would type its answer to a question of the guest into the shell.
 */
function logPrinter(cli: Cli): LogPrinter {
  const decoder = new TextDecoder();
  const { print, end } = createGuestTextPrinter(cli);
  return { print: (bytes) => print(decoder.decode(bytes, { stream: true })), end };
}

interface LogPrinter {
  print(bytes: Uint8Array): void;
  end(): void;
}

/** Follows until the guest stops. Where the control plane went away, it goes on behind the last bytes read. */
async function followLog(cli: Cli, path: string, lines: number | undefined, out: LogPrinter): Promise<void> {
  const patience = createPatience(watchDeps(cli, true));
  const before = lines === undefined ? Buffer.alloc(0) : await readLog(cli, path);
  if (lines !== undefined) out.print(lastLines(before, lines));
  const position = createLogPosition(before);
  for (let begun = false; ; ) {
    try {
      // The log's end again and what comes after it, in one stream: what came since the last look is in there.
      const stream = await openLog(cli, path, { tail_bytes: wholeLogBytes, follow: true });
      begun = true;
      patience.heard();
      for await (const fresh of freshOf(stream, position)) out.print(fresh);
      return;
    } catch (error) {
      if (faultCode(error) === 'not_running') {
        // Nothing more comes, but what there is was asked for too; the end of a guest is no failure of its reader.
        out.print(position.resume(await readLog(cli, path)));
        out.end();
        cli.say('The guest does not run: its log ends here');
        return;
      }
      if (!begun) throw error;
      await patience.after(error, cli.io.signal);
    }
  }
}

/** What of a stream was not taken before: the rest of its history, then all that is live. */
async function* freshOf(stream: OpenBody, position: LogPosition): AsyncGenerator<Uint8Array> {
  const historyBytes = Number(stream.headers.get(historyHeader) ?? 0);
  let history = Buffer.alloc(0);
  let live = historyBytes === 0;
  for await (const chunk of stream) {
    if (live) {
      position.follow(chunk);
      yield chunk;
      continue;
    }
    history = Buffer.concat([history, chunk]);
    if (history.length < historyBytes) continue;
    live = true;
    yield position.resume(history.subarray(0, historyBytes));
    const rest = history.subarray(historyBytes);
    position.follow(rest);
    yield rest;
  }
}

const lineFeed = 0x0a;

/** The last lines of a log; a line without an end at the end counts as one. */
function lastLines(log: Buffer, lines: number): Buffer {
  if (lines === 0) return Buffer.alloc(0);
  let at = log.length - (log.at(-1) === lineFeed ? 1 : 0);
  for (let left = lines; left > 0 && at >= 0; left -= 1) at = at === 0 ? -1 : log.lastIndexOf(lineFeed, at - 1);
  return log.subarray(at + 1);
}
