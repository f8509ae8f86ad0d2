import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connectRpc } from './rpc.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything } from './testing/generated/everything.ts';
import { SCENARIOS } from './testing/scenarios.ts';
import { seededRandom } from './testing/seeded-random.ts';

suite('both sides in TypeScript', () => {
  for (const { name, sentence, run } of SCENARIOS) {
    test(`${sentence} (TypeScript <-> TypeScript)`, async () => {
      const [left, right] = duplexPair();
      const state = everythingState();
      const server = connectRpc(left, { bootstrap: everything(state) });
      const client = connectRpc(right);
      const root = client.bootstrap(Everything);
      await run(root, seededRandom(name.length));
      root.close();
      const empty = (): boolean => [client, server].every(({ stats }) => Object.values(stats).every((n) => n === 0));
      await eventually(empty).catch(() => assert.fail(JSON.stringify([client.stats, server.stats])));
      assert.equal(state.children, 0, 'every object handed out was released');
      client.close();
      await server.closed;
    });
  }
});
