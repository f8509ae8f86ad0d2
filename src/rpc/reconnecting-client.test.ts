import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { suite, test } from 'node:test';
import type { Connection } from './connection.ts';
import { ReconnectingClient, type ReconnectState } from './reconnecting-client.ts';
import { connectRpc } from './rpc.ts';
import { RpcError } from './rpc-error.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything } from './testing/generated/everything.ts';
import { ManualTimer, turn } from './testing/manual-timer.ts';

/** A server that can be switched off, and a client that reconnects to it. */
function setUp(random = () => 1) {
  const timer = new ManualTimer();
  const states: ReconnectState[] = [];
  const served: Connection[] = [];
  const world = { refuse: false, silent: false, attempts: 0 };
  const client = new ReconnectingClient(Everything, {
    open: () => {
      world.attempts++;
      if (world.refuse) throw new Error('connection refused');
      const [left, right] = duplexPair();
      if (!world.silent) served.push(connectRpc(left, { bootstrap: everything(everythingState()) }));
      return right;
    },
    random,
    backoff: { firstMs: 100, maxMs: 1_000 },
    connectTimeoutMs: 3_000,
    connection: { timer },
    onChange: (state) => states.push(state),
  });
  const drop = (): void => served.at(-1)?.close('dropped');
  return { timer, states, served, world, client, drop };
}

suite('a reconnecting client', () => {
  test('bootstraps again after the connection is lost', async () => {
    const { timer, client, drop, world } = setUp();
    await client.ready();
    await client.client.empty().promise();
    drop();
    await turn();
    assert.equal(client.state.kind, 'waiting');
    await timer.advance(100);
    await client.ready();
    await client.client.empty().promise();
    assert.equal(world.attempts, 2);
    client.close();
  });

  test('a call in flight when the connection is lost is not replayed and says it may have run', async () => {
    const { timer, client, drop } = setUp();
    await client.ready();
    const lost = client.client.hang().promise();
    lost.catch(() => undefined);
    await turn();
    drop();
    await assert.rejects(lost, { type: 'disconnected', retry: 'never', mayHaveRun: true });
    await timer.advance(100);
    await client.ready();
    assert.equal((await client.client.canceledCount().promise()).count, 0);
    client.close();
  });

  test('a call made while there is no connection rejects at once and may be made again', async () => {
    const { client, drop } = setUp();
    await assert.rejects(client.client.empty().promise(), { type: 'disconnected', retry: 'later', mayHaveRun: false });
    await client.ready();
    drop();
    await turn();
    await assert.rejects(client.client.empty().promise(), { type: 'disconnected', retry: 'later', mayHaveRun: false });
    client.close();
    await assert.rejects(client.client.empty().promise(), { type: 'disconnected' });
  });

  test('a call made just before the loss that never left says it cannot have run', async () => {
    const { client, drop, served } = setUp();
    await client.ready();
    const state = client.state;
    assert.equal(state.kind, 'connected');
    const call = client.client.empty().promise();
    if (state.kind === 'connected') state.connection.close('lost before anything was written');
    const error: unknown = await call.catch((e: unknown) => e);
    assert.ok(error instanceof RpcError);
    assert.deepEqual([error.type, error.mayHaveRun, error.retry], ['disconnected', false, 'later']);
    assert.equal(served.length, 1);
    drop();
    client.close();
  });

  test('the time between attempts doubles up to its limit', async () => {
    const { timer, client, world, states } = setUp();
    await client.ready();
    world.refuse = true;
    client.state.kind === 'connected' && client.state.connection.close();
    for (let i = 0; i < 8; i++) await timer.advance(1_000);
    const waits = states.flatMap((state) => (state.kind === 'waiting' ? [state.retryInMs] : []));
    assert.deepEqual(waits.slice(0, 6), [100, 200, 400, 800, 1_000, 1_000]);
    client.close();
  });

  test('jitter takes up to half of the waiting time away', async () => {
    const { client, states } = setUp(() => 0);
    await client.ready();
    client.state.kind === 'connected' && client.state.connection.close();
    await turn();
    const waiting = states.at(-1);
    assert.equal(waiting?.kind === 'waiting' && waiting.retryInMs, 50);
    client.close();
  });

  test('a peer that accepts and says nothing counts as a failed attempt', async () => {
    const { timer, client, world, states } = setUp();
    await client.ready();
    world.silent = true;
    client.state.kind === 'connected' && client.state.connection.close();
    await timer.advance(100);
    assert.equal(client.state.kind, 'connecting');
    await timer.advance(3_000);
    const last = states.at(-1);
    assert.match(last?.kind === 'waiting' ? last.reason.message : '', /no answer within 3000 ms/);
    world.silent = false;
    await timer.advance(1_000);
    await client.ready();
    client.close();
  });

  test('ready() gives up when its signal says so, and leaves nothing on a signal it outlives', async () => {
    const { client, world } = setUp();
    const stop = new AbortController();
    const lasting = new AbortController();
    const given = client.ready(stop.signal);
    const waited = client.ready(lasting.signal);
    stop.abort(new Error('no longer'));
    await assert.rejects(given, /no longer/);
    await assert.rejects(client.ready(stop.signal), /no longer/);
    await waited;
    assert.equal(getEventListeners(lasting.signal, 'abort').length, 0);
    await client.ready(stop.signal);
    assert.equal(world.attempts, 1);
    client.close();
  });

  test('close() ends the connection, all attempts and everyone who waits', async () => {
    const { timer, client, world, served } = setUp();
    await client.ready();
    world.refuse = true;
    client.state.kind === 'connected' && client.state.connection.close();
    await turn();
    const waiting = client.ready();
    waiting.catch(() => undefined);
    client.close();
    await assert.rejects(waiting, /closed/);
    const before = world.attempts;
    await timer.advance(60_000);
    assert.equal(world.attempts, before);
    assert.equal(timer.pending, 0);
    assert.equal(served.length, 1);
  });
});
