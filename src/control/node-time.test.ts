import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextSkew } from './node-time.ts';

test('a difference below the way of messages is no skew, and a known one stays what it is while reports jitter', () => {
  assert.equal(nextSkew(null, 1_000, 1_900), 0);
  assert.equal(nextSkew(null, 1_000, 61_000), 60_000);
  assert.equal(nextSkew(60_000, 1_000, 61_700), 60_000);
  assert.equal(nextSkew(60_000, 1_000, 1_200), 0);
  assert.equal(nextSkew(0, 91_000, 1_000), -90_000);
});
