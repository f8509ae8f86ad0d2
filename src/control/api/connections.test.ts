import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { anApi } from '../testing/test-api.ts';

const triesMax = 200;

test('connections have a limit: one more is closed unanswered, and taken once there is room again', async () => {
  const world = await anApi({ connectionsMax: 2 });
  const { port } = new URL(await world.listen());
  const open = async (): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  /** The status line of an answer; empty when the connection was closed instead. */
  const ask = async (socket: Socket): Promise<string> => {
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    const [data] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [unknown];
    return data instanceof Buffer ? (data.toString().split('\r\n')[0] ?? '') : '';
  };
  const held = [await open(), await open()];
  assert.equal(await ask(await open()), '');
  for (const socket of held) assert.equal(await ask(socket), 'HTTP/1.1 200 OK');
  held[0]?.destroy();
  let answer = '';
  for (let tries = 0; answer === '' && tries < triesMax; tries += 1) answer = await ask(await open());
  assert.equal(answer, 'HTTP/1.1 200 OK');
  await world.stop();
});
