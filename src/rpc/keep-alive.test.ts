import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RETURN } from './envelope.ts';
import { emptyReturn } from './envelope-write.ts';
import type { RpcLimits } from './limits.ts';
import { connectRpc } from './rpc.ts';
import { connectedPair } from './testing/connected-pair.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { Everything } from './testing/generated/everything.ts';
import { ManualTimer, turn } from './testing/manual-timer.ts';
import { RawPeer } from './testing/raw-peer.ts';

function pair(limits: Partial<RpcLimits>) {
  const timer = new ManualTimer();
  return { timer, ...connectedPair({}, { timer, limits }) };
}

suite('keep-alive and idle time', () => {
  test('a peer that answers signs of life keeps a quiet connection for hours (keepAliveMs)', async () => {
    const { timer, client, root } = pair({ keepAliveMs: 1_000, keepAliveTimeoutMs: 500 });
    await root.empty().promise();
    for (let i = 0; i < 100; i++) await timer.advance(1_000);
    assert.equal(client.open, true);
    await root.empty().promise();
    client.close();
  });

  test('a peer that gives no sign of life is given up, and its calls reject (keepAliveTimeoutMs)', async () => {
    const timer = new ManualTimer();
    const [left, right] = duplexPair();
    const client = connectRpc(left, { timer, limits: { keepAliveMs: 1_000, keepAliveTimeoutMs: 500 } });
    const peer = new RawPeer(right);
    const call = client.bootstrap(Everything).empty().promise();
    call.catch(() => undefined);
    await timer.advance(1_400);
    assert.equal(client.open, true);
    assert.ok(
      peer.received.some(({ kind }) => kind === 'obsoleteSave'),
      'a sign of life was asked for',
    );
    await timer.advance(200);
    await assert.rejects(call, { type: 'disconnected', message: /no sign of life for 500 ms/ });
  });

  test('any byte is a sign of life', async () => {
    const timer = new ManualTimer();
    const [left, right] = duplexPair();
    const client = connectRpc(left, { timer, limits: { keepAliveMs: 1_000, keepAliveTimeoutMs: 500 } });
    const peer = new RawPeer(right);
    client.bootstrap(Everything);
    await timer.advance(1_400);
    peer.send(emptyReturn(0, RETURN.canceled));
    await turn();
    await timer.advance(900);
    assert.equal(client.open, true);
    client.close();
  });

  test('a connection nobody uses is closed (idleMs), one with a call in flight is not', async () => {
    const { timer, client, root } = pair({ idleMs: 5_000 });
    const controller = new AbortController();
    const hung = root.hang(undefined, { signal: controller.signal }).promise();
    hung.catch(() => undefined);
    await turn();
    await timer.advance(60_000);
    assert.equal(client.open, true);
    controller.abort();
    await turn();
    await timer.advance(10_000);
    assert.match((await client.closed).message, /Nothing was in use for 5000 ms/);
  });

  test('signs of life do not keep an idle connection open (keepAliveMs with idleMs)', async () => {
    const { timer, client } = pair({ idleMs: 5_000, keepAliveMs: 1_000 });
    await turn();
    await timer.advance(20_000);
    assert.match((await client.closed).message, /Nothing was in use/);
  });

  test('no timer is left behind when a connection closes', async () => {
    const { timer, client, server } = pair({ idleMs: 5_000, keepAliveMs: 1_000 });
    await turn();
    client.close();
    await server.closed;
    await turn();
    assert.equal(timer.pending, 0);
  });
});
