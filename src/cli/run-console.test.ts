import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { commandTable } from './command-table.ts';
import { runProgram } from './program.ts';
import { type FakeApi, startFakeApi } from './testing/fake-api.ts';
import { fakeIo } from './testing/run-cli.ts';

/** The socket as a browser has it; the test plays the server. */
class FakeSocket extends EventTarget {
  readonly sent: string[] = [];
  binaryType = 'blob';
  closed = false;
  readonly url: string;
  constructor(url: string) {
    super();
    this.url = url;
    void turn().then(() => this.dispatchEvent(new Event('open')));
  }
  send(bytes: Uint8Array): void {
    this.sent.push(Buffer.from(bytes).toString());
  }
  close(): void {
    this.closed = true;
  }
  say(text: string): void {
    const data = Uint8Array.from(Buffer.from(text)).buffer;
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
  end(code: number, reason = ''): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
  }
}

const ticket = { token: 'once', path: '/v1/vms/web-1/console', expires_at: '', read_only: false };

/** Which ends are a terminal; the output then has so many columns. */
interface Ends {
  readonly input: boolean;
  readonly output: number | undefined;
}
const onTerminal: Ends = { input: true, output: 80 };
const inPipe: Ends = { input: false, output: undefined };

async function startConsole(api: FakeApi, { input, output }: Ends, ...argv: readonly string[]) {
  const { promise: opened, resolve } = Promise.withResolvers<FakeSocket>();
  const raw: boolean[] = [];
  const silence = Promise.withResolvers<void>();
  const stream = new PassThrough();
  const { io, printed } = fakeIo({
    server: api.server,
    ...(output === undefined ? {} : { terminal: output }),
    openSocket: (url) => {
      const socket = new FakeSocket(url);
      resolve(socket);
      return socket as unknown as WebSocket;
    },
  });
  const stdin = { isTerminal: input, stream, setRaw: (on: boolean) => raw.push(on) };
  const sleep = async (_ms: number, signal?: AbortSignal): Promise<void> => {
    await silence.promise;
    signal?.throwIfAborted();
  };
  const world = { ...io, stdin, clock: { ...io.clock, sleep } };
  const ended = runProgram(world, commandTable, ['console', 'web-1', ...argv]);
  return { socket: await opened, ended, printed, stream, raw, fallSilent: silence.resolve };
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await turn();
}

test('on a terminal every key goes to the guest until Ctrl-]', async () => {
  await using api = await startFakeApi({ 'POST /v1/vms/web-1/console': { json: ticket } });
  const { socket, ended, printed, stream, raw } = await startConsole(api, onTerminal);
  assert.equal(socket.url, `${api.server.replace('http', 'ws')}/v1/vms/web-1/console?token=once`);
  stream.write('ls\r\u0003');
  await until(() => socket.sent.length === 1);
  socket.say('bin etc ');
  stream.write('x\u001dy');
  assert.equal(await ended, 0);
  assert.deepEqual(socket.sent, ['ls\r\u0003', 'x']);
  assert.deepEqual(raw, [true, false]);
  assert.ok(socket.closed);
  assert.equal(printed().stdout, 'bin etc ');
  assert.match(printed().stderr, /Ctrl-\] leaves/);
});

test('in a pipe the input goes in, the output comes out, and silence after its end is the end', async () => {
  await using api = await startFakeApi({ 'POST /v1/vms/web-1/console': { json: ticket } });
  const { socket, ended, printed, stream, raw, fallSilent } = await startConsole(api, inPipe, '--no-scrollback');
  stream.end('uptime\n');
  await until(() => socket.sent.length === 1);
  socket.say('up 3 days\n');
  fallSilent();
  assert.equal(await ended, 0);
  assert.deepEqual([printed().stdout, printed().stderr], ['up 3 days\n', '']);
  assert.ok(socket.url.endsWith('&scrollback_bytes=0'));
  assert.deepEqual(raw, [false]);
});

test('in a pipe no terminal is made to type an answer into the shell: escape sequences stay out, also where one looks on', async () => {
  await using api = await startFakeApi({ 'POST /v1/vms/web-1/console': { json: ticket } });
  for (const ends of [inPipe, { ...onTerminal, input: false }, { ...inPipe, input: true }]) {
    const { socket, ended, printed, stream, fallSilent } = await startConsole(api, ends);
    stream.end('uptime\n');
    await until(() => socket.sent.length === 1);
    socket.say('\u001b[32mroot\u001b[0m:/# \u001b[');
    socket.say('6nup 3 days\r\n/# ');
    fallSilent();
    assert.equal(await ended, 0);
    assert.equal(printed().stdout, 'root:/# up 3 days\n/# '.concat(ends.output === undefined ? '' : '\n'));
  }
});

test('a session that the node cuts is an error with its reason; the end of the VM is none', async () => {
  await using api = await startFakeApi({ 'POST /v1/vms/web-1/console': { json: ticket } });
  const cut = await startConsole(api, onTerminal);
  await until(() => cut.raw.length > 0);
  cut.socket.end(1011, 'the node was lost');
  assert.equal(await cut.ended, 5);
  assert.match(cut.printed().stderr, /The console was cut: the node was lost/);
  const over = await startConsole(api, onTerminal);
  await until(() => over.raw.length > 0);
  over.socket.end(1000);
  assert.equal(await over.ended, 0);
});

test('looking only sends no key but takes Ctrl-]', async () => {
  await using api = await startFakeApi({ 'POST /v1/vms/web-1/console': { json: { ...ticket, read_only: true } } });
  const { socket, ended, stream } = await startConsole(api, onTerminal, '--read-only');
  stream.write('rm -rf /\r');
  stream.write('\u001d');
  assert.equal(await ended, 0);
  assert.deepEqual(socket.sent, []);
  assert.equal(api.asked[0]?.query['read_only'], 'true');
});
