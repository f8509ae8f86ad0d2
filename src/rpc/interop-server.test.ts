import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Connection } from './connection.ts';
import { connectRpc } from './rpc.ts';
import { buildCpp, type CppProcess, cppMissing, startCpp } from './testing/cpp-peer.ts';
import { eventually } from './testing/eventually.ts';
import { Everything } from './testing/generated/everything.ts';
import { SCENARIOS } from './testing/scenarios.ts';
import { seededRandom } from './testing/seeded-random.ts';

const skip = cppMissing();

suite('a TypeScript client of a C++ server', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-interop-'));
  const address = join(dir, 'socket');
  let server: CppProcess;

  before(async () => {
    server = await startCpp([buildCpp('peer'), 'server', `unix:${address}`], 'ready');
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

  test('a sign of life is answered by C++ (keep-alive)', async () => {
    const limits = { keepAliveMs: 20, keepAliveTimeoutMs: 2_000 };
    const connection = connectRpc(connect(address), { limits });
    const root = connection.bootstrap(Everything);
    await root.empty().promise();
    const hung = root.hang().promise();
    hung.catch(() => undefined);
    const quiet = Promise.race([
      connection.closed.then(() => 'closed'),
      new Promise((r) => setTimeout(r, 200, 'open')),
    ]);
    assert.equal(await quiet, 'open');
    await root.empty().promise();
    connection.close();
    await assert.rejects(hung, { type: 'disconnected' });
  });
});
