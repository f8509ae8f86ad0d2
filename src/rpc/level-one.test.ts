import { suite, test } from 'node:test';
import { assertNothingLeft, connectedPair } from './testing/connected-pair.ts';
import { SCENARIOS } from './testing/scenarios.ts';
import { seededRandom } from './testing/seeded-random.ts';

suite('both sides in TypeScript', () => {
  for (const { name, sentence, run } of SCENARIOS) {
    test(`${sentence} (TypeScript <-> TypeScript)`, async () => {
      const pair = connectedPair();
      await run(pair.root, seededRandom(name.length));
      await assertNothingLeft(pair);
    });
  }
});
