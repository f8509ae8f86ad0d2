import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asIncarnationId } from '../kit/brand.ts';
import { bootLimitMs, type CheckState, countResult, healthEvidence, unhealthyReason, untried } from './health.ts';

const refused = 'connection refused';

function after(start: CheckState, results: readonly (string | null)[], retries = 3, now = 0): CheckState {
  return results.reduce((state, because) => countResult(state, because, retries, now), start);
}

test('a check that has passed fails after `retries` failures in a row, and one success turns it back', () => {
  const passing = after(untried(false, 0), [null]);
  assert.equal(after(passing, [refused, refused, null, refused, refused]).verdict, 'passing');
  const failing = after(passing, [refused, refused, refused]);
  assert.equal(failing.verdict, 'failing');
  assert.equal(after(failing, [null]).verdict, 'passing');
  assert.equal(after(passing, [refused], 1).verdict, 'failing', 'the smallest number of retries');
});

test('while a guest boots its failures count for nothing; after the limit the boot has timed out', () => {
  const booting = after(untried(false, 1_000), Array(100).fill(refused), 1, 1_000 + bootLimitMs - 1);
  assert.equal(booting.verdict, 'unknown');
  const late = after(booting, [refused], 1, 1_000 + bootLimitMs);
  assert.equal(healthEvidence([['web', late]]).failing?.code, 'boot_timeout');
  assert.equal(after(late, [null]).verdict, 'passing', 'a boot that comes late is a boot');
});

test('a check that passed before an agent restart fails as a check, never as a boot', () => {
  const state = after(untried(true, 0), [refused, refused, refused]);
  assert.equal(healthEvidence([['web', state]]).failing?.code, 'health_check_failed');
});

test('a verdict never depends on results before the last success', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean()),
      fc.array(fc.boolean()),
      fc.integer({ min: 1, max: 5 }),
      (old, recent, retries) => {
        const results = (list: readonly boolean[]) => list.map((passed) => (passed ? null : refused));
        const passed = after(untried(true, 0), [null], retries);
        assert.deepEqual(
          after(untried(true, 0), [...results(old), null, ...results(recent)], retries),
          after(passed, results(recent), retries),
        );
      },
    ),
  );
});

test('the reason names the check, how often it failed and what it said last', () => {
  const id = asIncarnationId('0195a3c1-9d02-7b60-8c11-5a4e0d7f2b33');
  const failing = { code: 'health_check_failed' as const, check: 'web', failuresInRow: 3, output: 'status 500' };
  assert.deepEqual(unhealthyReason(failing, id, 7), {
    code: 'health_check_failed',
    message: 'Health check "web" failed 3 times in a row: status 500',
    at: 7,
    details: { check: 'web', failures_in_row: 3, output: 'status 500', incarnation_id: id },
  });
  assert.match(unhealthyReason({ ...failing, code: 'boot_timeout' }, id, 7).message, /did not boot in time.*300 s/);
});
