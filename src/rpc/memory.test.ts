import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { promisedClient } from './promised-client.ts';
import type { RpcError } from './rpc-error.ts';
import { collectingSink } from './testing/collecting-sink.ts';
import { connectedPair } from './testing/connected-pair.ts';
import { type Everything$Client, Sink } from './testing/generated/everything.ts';

const FORGETFUL = join(import.meta.dirname, 'testing/forgetful-main.ts');
/**
 * A young generation of 1 MiB: the old one, where what was not freed in time collects, is what is looked at. It may grow by
 * half between two collections; else by how long these take, which a busy machine decides.
 */
const FLAGS = ['--max-semi-space-size=1', '--heap-growing-percent=50', FORGETFUL];

/** What a caller may be left with that closes nothing but the connection. */
type Left = { readonly held: unknown; readonly connections: readonly WeakRef<object>[] };

async function liveAndForget(hold: (root: Everything$Client) => unknown): Promise<Left> {
  const { server, client, root, streams } = connectedPair();
  const held = hold(root);
  await root.empty().promise();
  client.close();
  await server.closed;
  return { held, connections: [server, client, ...streams].map((one) => new WeakRef<object>(one)) };
}

/** How many of these connections are still there after one collection. */
async function survivors(left: readonly Left[]): Promise<number> {
  // What is looked at through a WeakRef lives to the end of the turn, and timers of closing run out.
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return left.filter(({ connections }) => connections.some((one) => one.deref() !== undefined)).length;
}

const LIVES = 20;

/** The last ones may still be held by the engine, on a stack or in compiled code; what we hold is held of all. */
function assertMostFreed(alive: number): void {
  assert.ok(alive < LIVES / 4, `${alive} of ${LIVES} are alive`);
}

/** Things one may hold on to, or forget, beyond the end of a connection. */
const HOLDINGS: readonly (readonly [what: string, hold: (root: Everything$Client) => unknown])[] = [
  ['the bootstrap client', (root) => root],
  ['a pipelined capability', (root) => root.open().getChild()],
  [
    'an own capability that comes back',
    (root) => {
      const sink = root
        .echoSink((p) => {
          p.sink = collectingSink([]);
        })
        .getSink();
      sink
        .put()
        .promise()
        .catch(() => undefined);
      return sink;
    },
  ],
  [
    'a capability pipelined on a call that was closed',
    (root) => {
      const call = root.holdSink();
      const later = call.getLater();
      call[Symbol.dispose]();
      return later;
    },
  ],
  [
    'a promise of a capability that was passed on',
    (root) => {
      const promised = promisedClient(Sink);
      root
        .keep((p) => {
          p.sink = promised.client;
        })
        .promise()
        .catch(() => undefined);
      return promised;
    },
  ],
  [
    'the error of a call that was closed',
    (root) => {
      const errors: unknown[] = [];
      const call = root.hang();
      call.promise().catch((error: unknown) => errors.push(error));
      call[Symbol.dispose]();
      return errors;
    },
  ],
  [
    'the error of a call that was lost',
    (root) => {
      const errors: RpcError[] = [];
      root
        .hang()
        .promise()
        .catch((error: RpcError) => errors.push(error));
      return errors;
    },
  ],
];

suite('memory', () => {
  for (const [what, hold] of HOLDINGS) {
    test(`one collection frees a connection that is over, while ${what} is held`, async () => {
      const left: Left[] = [];
      for (let i = 0; i < LIVES; i++) left.push(await liveAndForget(hold));
      assertMostFreed(await survivors(left));
      assert.equal(left.length, LIVES);
    });

    test(`one collection frees a connection that is over, when ${what} was forgotten`, async () => {
      const left: Left[] = [];
      for (let i = 0; i < LIVES; i++) left.push({ ...(await liveAndForget(hold)), held: undefined });
      assertMostFreed(await survivors(left));
    });
  }

  test('four times as many forgotten connections take no more memory', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, '3000', '12000']);
    const [few = 0, many = 0] = stdout.trim().split('\n').map(Number);
    assert.ok(many < 1.2 * few, `${few} bytes after 3,000 connections, ${many} after 12,000`);
  });
});
