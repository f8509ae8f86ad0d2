import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Connection } from './connection.ts';
import { connectRpc } from './rpc.ts';
import { buildCpp, cppMissing, type StartedProcess, startProcess } from './testing/cpp-peer.ts';
import { eventually } from './testing/eventually.ts';
import { Everything } from './testing/generated/everything.ts';
import { ManualTimer } from './testing/manual-timer.ts';
import { SCENARIOS } from './testing/scenarios.ts';
import { seededRandom } from './testing/seeded-random.ts';

const skip = cppMissing();

suite('a TypeScript client of a C++ server', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-interop-'));
  const address = join(dir, 'socket');
  let server: StartedProcess;

  before(async () => {
    server = await startProcess([buildCpp('peer'), 'server', `unix:${address}`], 'ready');
  });

  after(async () => {
    server.child.kill();
    await server.done;
    rmSync(dir, { recursive: true, force: true });
  });

  const nothingLeft = ({ stats }: Connection): boolean => Object.values(stats).every((n) => n === 0);

  for (const [i, { sentence, run }] of SCENARIOS.entries()) {
    test(`${sentence} (TypeScript -> C++)`, async () => {
      const connection = connectRpc(connect(address));
      const root = connection.bootstrap(Everything);
      await run(root, seededRandom(i));
      root.close();
      await eventually(() => nothingLeft(connection)).catch(() => assert.fail(JSON.stringify(connection.stats)));
      connection.close();
      assert.equal((await connection.closed).type, 'disconnected');
    });
  }

  test('each sign of life asked of C++ is given, and keeps the connection (keep-alive)', async () => {
    const timer = new ManualTimer();
    const socket = connect(address);
    let heard = 0;
    socket.on('data', () => heard++);
    const limits = { keepAliveMs: 1_000, keepAliveTimeoutMs: 5_000 };
    const connection = connectRpc(socket, { timer, limits });
    const root = connection.bootstrap(Everything);
    await root.empty().promise();
    const hung = root.hang().promise();
    hung.catch(() => undefined);
    // Each step ends where one is asked for: the first after the silence, the others when the last is looked at.
    for (const ms of [limits.keepAliveMs, limits.keepAliveTimeoutMs, limits.keepAliveTimeoutMs]) {
      const before = heard;
      await timer.advance(ms);
      assert.equal(connection.open, true);
      await eventually(() => heard > before);
    }
    await root.empty().promise();
    connection.close();
    await assert.rejects(hung, { type: 'disconnected' });
  });
});
