import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffDelayMs, instanceBackoff } from './backoff.ts';

test('the backoff of instances goes from 1 s to 5 min, and chance takes at most a fifth away (spec §2)', () => {
  const delays = (chance: number) =>
    [1, 2, 3, 9, 10, 1_000].map((attempt) => backoffDelayMs(instanceBackoff, attempt, chance));
  assert.deepEqual(delays(0), [1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
  assert.deepEqual(delays(1), [800, 1_600, 3_200, 204_800, 240_000, 240_000]);
});
