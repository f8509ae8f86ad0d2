import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Connection } from './connection.ts';
import { connectRpc } from './rpc.ts';
import { RpcError } from './rpc-error.ts';
import { type Serving, serveRpc } from './serve.ts';
import { buildCpp, type CppProcess, cppMissing, startCpp } from './testing/cpp-peer.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything, type Everything$Client } from './testing/generated/everything.ts';
import { collectingSink } from './testing/scenarios.ts';
import { seededRandom } from './testing/seeded-random.ts';

/** The states a call can be in when the connection goes. Each starts calls; all of them have to settle. */
const STATES: readonly (readonly [name: string, start: (root: Everything$Client) => readonly Promise<unknown>[]])[] = [
  ['waiting for its answer', (root) => [root.hang().promise()]],
  ['just sent', (root) => [root.empty().promise()]],
  [
    'pipelined on an answer to come',
    (root) => [
      root
        .echoSinkLater((p) => {
          p.sink = collectingSink([]);
        })
        .getSink()
        .put()
        .promise(),
      root.open().getChild().hang().promise(),
    ],
  ],
  [
    'waiting for a callback',
    (root) => [
      root
        .feed((p) => {
          p.sink = collectingSink([]);
          p.count = 500;
        })
        .promise(),
    ],
  ],
  [
    'behind an embargo',
    (root) => {
      const sink = root
        .echoSink((p) => {
          p.sink = collectingSink([]);
        })
        .getSink();
      return Array.from({ length: 20 }, () => sink.put().promise());
    },
  ],
  [
    'made on a promise',
    (root) => {
      const hold = root.holdSink((p) => {
        p.sink = collectingSink([]);
      });
      return [hold.getLater().put().promise(), hold.promise().then(({ later }) => later.put().promise())];
    },
  ],
  [
    'streaming',
    (root) => {
      const stream = root.openStream().getStream();
      return Array.from({ length: 30 }, () =>
        stream.write((p) => {
          p._initChunk(10_000);
        }),
      );
    },
  ],
  [
    'being canceled',
    (root) => {
      const controller = new AbortController();
      const call = root.hang(undefined, { signal: controller.signal }).promise();
      setImmediate(() => controller.abort());
      return [call];
    },
  ],
];

/** Every call ends, and those that fail say that the connection did it (or their own signal). */
async function assertSettled(calls: readonly Promise<unknown>[]): Promise<void> {
  for (const ended of await Promise.allSettled(calls)) {
    if (ended.status === 'fulfilled') continue;
    const error: unknown = ended.reason;
    const known = error instanceof DOMException || (error instanceof RpcError && error.type === 'disconnected');
    assert.ok(known, String(error));
  }
}

const isEmpty = ({ stats }: Connection): boolean =>
  stats.questions + stats.answers + stats.exports + stats.imports + stats.embargoes === 0;

suite('disconnecting', () => {
  for (const [name, start] of STATES) {
    test(`a call ${name} settles when either side ends the connection`, async () => {
      for (const end of ['client', 'server', 'client stream', 'server stream'] as const) {
        for (let turns = 0; turns < 4; turns++) {
          const [left, right] = duplexPair();
          const server = connectRpc(left, { bootstrap: everything(everythingState()) });
          const client = connectRpc(right);
          const calls = start(client.bootstrap(Everything));
          for (const call of calls) call.catch(() => undefined);
          for (let i = 0; i < turns; i++) await new Promise(setImmediate);
          if (end === 'client') client.close();
          else if (end === 'server') server.close();
          else if (end === 'client stream') right.destroy(new Error('cable cut'));
          else left.destroy(new Error('cable cut'));
          await assertSettled(calls);
          await Promise.all([client.closed, server.closed]);
          assert.ok(isEmpty(client) && isEmpty(server), JSON.stringify([client.stats, server.stats]));
        }
      }
    });
  }

  test('calls after the end reject at once and cannot have run', async () => {
    const [left, right] = duplexPair();
    connectRpc(left, { bootstrap: everything(everythingState()) });
    const client = connectRpc(right);
    const root = client.bootstrap(Everything);
    await root.empty().promise();
    client.close('enough');
    await assert.rejects(root.empty().promise(), { type: 'disconnected', mayHaveRun: false, message: 'enough' });
    await assert.rejects(client.bootstrap(Everything).empty().promise(), { type: 'disconnected' });
  });

  test('a stream that was dead when it was handed over ends the connection', async () => {
    const [left] = duplexPair();
    left.destroy();
    await new Promise(setImmediate);
    const client = connectRpc(left);
    const call = client.bootstrap(Everything).empty().promise();
    await assert.rejects(call, { type: 'disconnected' });
    await client.closed;
  });

  test('the signal of a running method is aborted', async () => {
    const [left, right] = duplexPair();
    const state = everythingState();
    connectRpc(left, { bootstrap: everything(state) });
    const client = connectRpc(right);
    client
      .bootstrap(Everything)
      .hang()
      .promise()
      .catch(() => undefined);
    await eventually(() => true);
    await new Promise(setImmediate);
    client.close();
    await eventually(() => state.canceled === 1);
  });
});

suite('killing a C++ peer', { skip: cppMissing() }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-kill-'));
  const address = join(dir, 'ours');
  const theirs = join(dir, 'theirs');
  const state = everythingState();
  const random = seededRandom(3);
  let serving: Serving;
  let peer = '';

  before(() => {
    peer = buildCpp('peer');
    serving = serveRpc(createServer().listen(address), { bootstrap: everything(state) });
  });

  const started: CppProcess[] = [];

  after(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await serving.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const startServer = async (): Promise<CppProcess> => {
    const server = await startCpp([peer, 'server', `unix:${theirs}`], 'ready');
    started.push(server);
    return server;
  };

  for (const [name, start] of STATES) {
    test(`a call ${name} settles when its C++ server is killed`, async () => {
      rmSync(theirs, { force: true });
      const server = await startServer();
      const client = connectRpc(connect(theirs));
      const root = client.bootstrap(Everything);
      if (random() < 0.5) await root.empty().promise();
      const calls = start(root);
      for (const call of calls) call.catch(() => undefined);
      for (let turns = Math.floor(random() * 4); turns > 0; turns--) await new Promise(setImmediate);
      server.child.kill('SIGKILL');
      await assertSettled(calls);
      await client.closed;
      assert.ok(isEmpty(client), JSON.stringify(client.stats));
      await server.done;
    });
  }

  test('a TypeScript server outlives C++ clients killed at any moment', async () => {
    for (let round = 0; round < 6; round++) {
      const client = await startCpp([peer, 'client', `unix:${address}`, 'converse', '60']);
      await eventually(() => serving.connections.size === 1);
      const connection = [...serving.connections][0];
      for (let turns = Math.floor(random() * 60); turns > 0; turns--) await new Promise(setImmediate);
      client.child.kill('SIGKILL');
      await client.done;
      await eventually(() => serving.connections.size === 0);
      assert.ok(connection !== undefined && isEmpty(connection));
    }
    await eventually(() => state.children === 0);
    const { done } = await startCpp([peer, 'client', `unix:${address}`, 'callbacks', '10']);
    assert.equal((await done).code, 0);
  });

  test('a C++ server outlives TypeScript clients killed at any moment', async () => {
    rmSync(theirs, { force: true });
    const server = await startServer();
    const program = join(import.meta.dirname, 'testing/chatter-main.ts');
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, [program, theirs, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      for (let turns = Math.floor(random() * 200); turns > 0; turns--) await new Promise(setImmediate);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
    }
    const client = connectRpc(connect(theirs));
    await client.bootstrap(Everything).empty().promise();
    client.close();
    server.child.kill();
    await server.done;
  });
});
