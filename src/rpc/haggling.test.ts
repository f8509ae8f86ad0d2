import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { withoutGarbageCollection } from './capability.ts';
import { haggle } from './testing/haggling.ts';
import { seededRandom } from './testing/seeded-random.ts';

withoutGarbageCollection();

suite('a peer that finishes, takes, answers and resolves in any order', () => {
  test('is left with nothing, in 100 conversations', async () => {
    const ends = { 'in peace': 0, cut: 0 };
    for (let seed = 0; seed < 100; seed++) {
      const end = await haggle(seededRandom(seed)).catch((error: unknown) => assert.fail(`seed ${seed}: ${error}`));
      ends[end]++;
    }
    assert.ok(ends['in peace'] > 40 && ends.cut > 15, JSON.stringify(ends));
  });
});
