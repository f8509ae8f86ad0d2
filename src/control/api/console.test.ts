/** The serial console over WebSocket (spec §11): tokens, one writer, and a writer that types more than is taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { skipMarker } from '../../wire/http/log-stream.ts';
import { anApi, aRunningVm } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';
import { consoleFrameBytes, consoleInputBytes } from './api-config.ts';

function openConsole(base: string, path: string) {
  const socket = new WebSocket(base.replace('http', 'ws') + path);
  const received: string[] = [];
  let notify: (() => void) | null = null;
  socket.on('message', (data: Buffer) => {
    received.push(data.toString('utf8'));
    notify?.();
  });
  return {
    socket,
    opened: new Promise<number>((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.on('error', () => undefined);
    }),
    text: (): string => received.join(''),
    async until(text: string): Promise<void> {
      while (!received.join('').includes(text)) {
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      }
    },
  };
}

test('a console token opens one session within 60 s; one writes in order, others read', async () => {
  const world = await anApi();
  const base = await world.listen();
  const node = await aRunningVm(world);
  const ticket = async (query = '') => (await world.call('POST', `/v1/vms/web-1/console${query}`)).json;
  const first = await ticket();
  const writer = openConsole(base, first.path);
  assert.equal(await writer.opened, 101);
  await writer.until('scrollback');
  writer.socket.send('ls\n');
  writer.socket.send('exit\n');
  const again = openConsole(base, first.path);
  assert.equal(await again.opened, 401);
  const rival = openConsole(base, (await ticket()).path);
  assert.equal(await rival.opened, 409);
  const reader = openConsole(base, (await ticket('?read_only=true')).path);
  assert.equal(await reader.opened, 101);
  await reader.until('scrollback');
  await Promise.all(node.viewers.map((viewer) => viewer.data(Buffer.from('login:'))));
  await Promise.all([writer.until('login:'), reader.until('login:')]);
  assert.deepEqual(node.typed, ['ls\n', 'exit\n']);
  const late = await ticket('?read_only=true');
  await world.clock.advance(60_000);
  const expired = openConsole(base, late.path);
  assert.equal(await expired.opened, 401);
  await world.stop();
});

test('a viewer that is too far behind is told how much it was not sent, in the words of a log', async () => {
  const world = await anApi();
  const base = await world.listen();
  const node = await aRunningVm(world);
  const ticket = await world.call('POST', '/v1/vms/web-1/console?read_only=true');
  const reader = openConsole(base, ticket.json.path);
  assert.equal(await reader.opened, 101);
  await reader.until('scrollback\n');
  reader.socket.pause();
  let sent = 0;
  const send = async (bytes: Buffer): Promise<void> => {
    await node.viewers[0]?.data(bytes);
    sent += bytes.length;
  };
  const chunk = Buffer.alloc(2 ** 20, 'x');
  for (let count = 0; count < 32; count += 1) await send(chunk);
  reader.socket.resume();
  // Until it has caught up, these are skipped too.
  for (; !reader.text().includes('.'); await new Promise(setImmediate)) await send(Buffer.from('.'));
  await send(Buffer.from('!'));
  await reader.until('!');
  const [, before = '', marker = '', after = ''] = /^scrollback\n(x+)(\r\n.*\r\n)(\.+!)$/s.exec(reader.text()) ?? [];
  assert.equal(marker, skipMarker(sent - before.length - after.length));
  await world.stop();
});

test('the history asks the terminal nothing that the guest asked an earlier one: its answer would be typed into the guest', async () => {
  const world = await anApi();
  const base = await world.listen();
  const node = await aRunningVm(world);
  node.history = '\u001b[32mroot\u001b[0m:/# \u001b[6n';
  const { opened, until, text } = openConsole(base, (await world.call('POST', '/v1/vms/web-1/console')).json.path);
  assert.equal(await opened, 101);
  await until(':/# ');
  await node.viewers[0]?.data(Buffer.from('ls\u001b[6n'));
  await until('ls');
  assert.equal(text(), '\u001b[32mroot\u001b[0m:/# ls\u001b[6n', 'what it asks now is asked');
  await world.stop();
});

test('a viewer may look at a console and not write to it', async () => {
  const world = await anApi();
  const node = await world.node();
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  await world.clock.settle();
  await node.follow();
  const ask = async (query: string) => await world.call('POST', `/v1/vms/web-1/console${query}`, { as: 'viewer' });
  assert.equal((await ask('?read_only=true')).json.read_only, true);
  for (const query of ['', '?read_only=false']) assert.equal((await ask(query)).status, 403, query);
  await world.stop();
});

test('the log of a deleted VM is read by uid from the node it was last on (spec §11)', async () => {
  const world = await anApi();
  const node = await world.node();
  const follow = async () => {
    await world.clock.settle();
    await node.follow();
    await world.clock.settle();
  };
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  await follow();
  const { json } = await world.call('GET', '/v1/vms/web-1');
  const log = `/v1/vms/uid:${json['uid']}/logs`;
  await world.call('DELETE', '/v1/vms/web-1');
  await follow();
  assert.equal((await world.call('GET', '/v1/vms/web-1')).status, 404, 'it is gone');
  const read = await world.call('GET', log);
  assert.deepEqual([read.status, read.text], [200, 'boot marker\n']);
  await world.stop();
});

test('a viewer that types faster than the node takes it is held back, and nothing it typed is lost', async () => {
  const world = await anApi();
  const base = await world.listen();
  const node = await aRunningVm(world);
  const { socket, opened, until } = openConsole(base, (await world.call('POST', '/v1/vms/web-1/console')).json.path);
  assert.equal(await opened, 101);
  await until('scrollback');
  const frame = Buffer.alloc(32 * 1024, 'x');
  const frames = 512;
  node.onTyped = async () => {
    if (node.typed.length === frames) await node.viewers[0]?.data(Buffer.from('all of it'));
    // A link that is slower than a viewer on this host: frames are read by the dozen in a turn of the loop.
    for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
  };
  for (let sent = 0; sent < frames; sent += 1) socket.send(frame);
  // Answered once everything before it was read.
  socket.ping();
  await new Promise((resolve) => socket.once('pong', resolve));
  const held = (frames - node.typed.length) * frame.length;
  assert.ok(held <= consoleInputBytes + 4 * consoleFrameBytes, `${held} bytes were held for the node`);
  await until('all of it');
  assert.equal(node.typed.length, frames);
  await world.stop();
});
