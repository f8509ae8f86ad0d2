/**
 * An interactive serial console: a single-use token, then a WebSocket. On a terminal every key goes to the guest until
 * Ctrl-]; in a pipe standard input does, the output is plain text, and the session ends once the input has ended and the
 * guest has fallen silent.
 */
import { errorRow, isErrorCode } from '../core/kit/error-table.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Cli } from './cli.ts';
import { createGuestTextPrinter } from './guest-text.ts';
import { vmName, vmPath } from './select-vms.ts';

export interface ConsoleOptions {
  readonly readOnly: boolean;
  readonly scrollback: boolean;
}

/** Ctrl-], as telnet and virsh have it: no shell and no editor needs that key. */
const escapeKey = 0x1d;
/** In a pipe, the guest counts as silent after this long without a byte once the input has ended. */
const silentMs = 1_500;
/** One frame to the guest; the server refuses longer ones. */
const frameBytes = 32 * 1024;

interface ConsoleTicket {
  readonly token: string;
  /** Path of the WebSocket. */
  readonly path: string;
}

export async function runConsole(cli: Cli, word: string, options: ConsoleOptions): Promise<number> {
  const { body } = await cli.client().request('POST', vmPath(word, 'console'), {
    query: { read_only: options.readOnly ? true : undefined },
    signal: cli.io.signal,
  });
  const socket = cli.io.openSocket(socketUrl(cli, body as unknown as ConsoleTicket, options));
  socket.binaryType = 'arraybuffer';
  const interactive = cli.io.stdin.isTerminal && cli.io.stdout.isTerminal;
  // Where no key goes to the guest, what its output makes a terminal answer would be typed into the reader's shell.
  const text = createGuestTextPrinter(cli);
  const session = createSession(cli, socket, interactive ? cli.print : text.print);
  await session.opened;
  if (interactive) cli.say(`Connected to VM "${vmName(word)}". Ctrl-] leaves.`);
  const pumping = options.readOnly && !interactive ? Promise.resolve() : pumpInput(cli, session, interactive, options);
  try {
    await Promise.race([session.ended, pumping.then(() => session.ended)]);
  } finally {
    cli.io.stdin.setRaw(false);
    cli.io.stdin.stream.destroy();
    socket.close();
  }
  if (interactive) cli.say('\nLeft the console.');
  else text.end();
  return 0;
}

function socketUrl(cli: Cli, { token, path }: ConsoleTicket, { scrollback }: ConsoleOptions): string {
  const url = new URL(`${cli.client().server}${path}`);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('token', token);
  if (!scrollback) url.searchParams.set('scrollback_bytes', '0');
  return url.toString();
}

interface Session {
  readonly opened: Promise<void>;
  /** Resolves when either side is done; rejects with a fault when the connection broke. */
  readonly ended: Promise<void>;
  send(bytes: Uint8Array): void;
  /** The user leaves. */
  leave(): void;
  /** Ends once nothing came for a while. */
  leaveWhenSilent(): void;
}

function createSession(cli: Cli, socket: WebSocket, print: (text: string) => void): Session {
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  // Whoever waits for one of them hears of it; the other must not count as unhandled.
  opened.promise.catch(() => {});
  ended.promise.catch(() => {});
  const decoder = new TextDecoder();
  let silence: AbortController | null = null;
  const restartSilence = (): void => {
    if (silence === null) return;
    silence.abort();
    const mine = new AbortController();
    silence = mine;
    cli.io.clock.sleep(silentMs, mine.signal).then(
      () => ended.resolve(),
      () => {},
    );
  };
  socket.addEventListener('open', () => opened.resolve());
  socket.addEventListener('message', ({ data }: MessageEvent) => {
    restartSilence();
    print(typeof data === 'string' ? data : decoder.decode(data as ArrayBuffer, { stream: true }));
  });
  socket.addEventListener('close', (event) => {
    opened.reject(closeFault(event));
    if (event.code === normalClosure || event.code === goingAway) ended.resolve();
    else ended.reject(closeFault(event));
  });
  socket.addEventListener('error', () => {
    // The reason of a refused upgrade does not reach us; the one a user can do something about is named.
    const message =
      'Cannot open the console: it was refused; if another session writes to it, open it with --read-only';
    opened.reject(new Fault('console_busy', message));
  });
  cli.io.signal.addEventListener('abort', () => ended.reject(cli.io.signal.reason), { once: true });
  return {
    opened: opened.promise,
    ended: ended.promise,
    send: (bytes) => {
      for (let at = 0; at < bytes.length; at += frameBytes) socket.send(bytes.slice(at, at + frameBytes));
    },
    leave: () => ended.resolve(),
    leaveWhenSilent: () => {
      silence = new AbortController();
      restartSilence();
    },
  };
}

const normalClosure = 1000;
const goingAway = 1001;

function closeFault(event: CloseEvent): Fault {
  if (isErrorCode(event.reason)) {
    return new Fault(event.reason, `The console was cut: ${errorRow(event.reason).sentence}`);
  }
  const why = event.reason === '' ? `closed with code ${event.code}` : event.reason;
  return new Fault('node_unreachable', `The console was cut: ${why}`);
}

async function pumpInput(cli: Cli, session: Session, interactive: boolean, options: ConsoleOptions): Promise<void> {
  const { stdin } = cli.io;
  if (interactive) stdin.setRaw(true);
  try {
    for await (const chunk of stdin.stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
      const escapeAt = interactive ? bytes.indexOf(escapeKey) : -1;
      const typed = escapeAt < 0 ? bytes : bytes.subarray(0, escapeAt);
      // A watcher's keys go nowhere but to the escape.
      if (typed.length > 0 && !options.readOnly) session.send(typed);
      if (escapeAt >= 0) {
        session.leave();
        return;
      }
    }
  } catch (error) {
    // The stream is destroyed under the loop when the session ends first.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error;
  }
  if (interactive) session.leave();
  else session.leaveWhenSilent();
}
