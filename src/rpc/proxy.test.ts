import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connectRpc } from './rpc.ts';
import { serveRpc } from './serve.ts';
import { buildCpp, cppMissing, startProcess } from './testing/cpp-peer.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything } from './testing/generated/everything.ts';
import { SCENARIOS } from './testing/scenarios.ts';
import { seededRandom } from './testing/seeded-random.ts';

/** Capabilities of one connection handed on over another: every call, callback and promise goes through the middle. */
suite('in the middle between two others', () => {
  for (const [i, { sentence, run }] of SCENARIOS.entries()) {
    test(`${sentence} (TypeScript -> TypeScript -> TypeScript)`, async () => {
      const [far, near] = duplexPair();
      const [left, right] = duplexPair();
      const state = everythingState();
      const server = connectRpc(far, { bootstrap: everything(state) });
      const upstream = connectRpc(near);
      const middle = connectRpc(left, { bootstrap: () => upstream.bootstrap(Everything) });
      const client = connectRpc(right);
      const root = client.bootstrap(Everything);
      await run(root, seededRandom(i));
      root.close();
      client.close();
      await middle.closed;
      await eventually(() => state.children === 0 && upstream.stats.exports === 0 && upstream.stats.answers === 0);
      upstream.close();
      await server.closed;
    });
  }

  test('C++ talks to C++ through TypeScript', { skip: cppMissing() }, async (context) => {
    const dir = mkdtempSync(join(tmpdir(), 'rpc-proxy-'));
    const [inner, outer] = [join(dir, 'inner'), join(dir, 'outer')];
    const peer = buildCpp('peer');
    const server = await startProcess([peer, 'server', `unix:${inner}`], 'ready');
    context.after(async () => {
      server.child.kill();
      await server.done;
      rmSync(dir, { recursive: true, force: true });
    });
    const upstream = connectRpc(connect(inner));
    const root = upstream.bootstrap(Everything);
    const serving = serveRpc(createServer().listen(outer), { bootstrap: root });
    context.after(() => serving.close());
    context.after(() => upstream.close());
    for (const [name, n] of [
      ['values', 1],
      ['any', 1],
      ['pipeline', 100],
      ['callbacks', 50],
      ['embargo', 300],
      ['cancel', 20],
      ['errors', 1],
      ['promises', 10],
      ['stream', 50],
      ['release', 100],
    ] as const) {
      const { code, output } = await (await startProcess([peer, 'client', `unix:${outer}`, name, String(n)])).done;
      assert.equal(code, 0, `${name}: ${output}`);
    }
    await eventually(() => upstream.stats.questions === 0 && upstream.stats.exports === 0);
  });
});
