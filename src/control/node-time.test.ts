import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anObservation } from '../core/convergence/testing/builders.ts';
import { inOwnTime, nextSkew } from './node-time.ts';

test('a difference below the way of messages is no skew, and a known one stays what it is while reports jitter', () => {
  assert.equal(nextSkew(null, 1_000, 1_900), 0);
  assert.equal(nextSkew(null, 1_000, 61_000), 60_000);
  assert.equal(nextSkew(60_000, 1_000, 61_700), 60_000);
  assert.equal(nextSkew(60_000, 1_000, 1_200), 0);
  assert.equal(nextSkew(0, 91_000, 1_000), -90_000);
});

test('every time of a node by which something is judged is read by our clock', () => {
  const theirs = anObservation({
    waiting: { for: 'disks', since: 1_000, deadline: 301_000, message: '' },
    silentSince: 2_000,
    restart: { attempt: 3, nextAt: 3_000 },
    operationError: {
      reason: { code: 'pool_full', message: '', at: 0, details: {} },
      incarnationId: null,
      generation: 1,
      retryAt: 4_000,
      attempt: 1,
    },
  });
  const ours = inOwnTime(theirs, 60_000);
  assert.deepEqual(ours.waiting, { for: 'disks', since: 61_000, deadline: 361_000, message: '' });
  assert.equal(ours.silentSince, 62_000);
  assert.equal(ours.restart.nextAt, 63_000);
  assert.equal(ours.operationError?.retryAt, 64_000);
  assert.equal(inOwnTime(theirs, 0), theirs);
});
