import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorTable, exitCodeOf, httpStatusOf } from './error-table.ts';
import { exitCodes } from './exit-codes.ts';
import { renderErrorDocs } from './render-error-docs.ts';

test('docs/errors.md is what the error table renders', () => {
  const committed = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  assert.equal(committed, renderErrorDocs(), 'run scripts/generate-errors.ts');
});

test('the codes that the specification fixes have their status and exit code', () => {
  const fixed: readonly (readonly [string, number, number])[] = [
    ['validation_failed', 422, 2],
    ['not_found', 404, 3],
    ['name_taken', 409, 4],
    ['being_deleted', 409, 4],
    ['restart_required', 409, 4],
    ['would_destroy_data', 409, 4],
    ['managed_by_git', 409, 4],
    ['not_running', 409, 4],
    ['not_cancellable', 409, 4],
    ['idempotency_key_mismatch', 409, 4],
    ['idempotency_in_progress', 409, 4],
    ['precondition_failed', 412, 4],
    ['relist_required', 410, 4],
    ['node_unreachable', 503, 5],
    ['outcome_unknown', 504, 5],
    ['store_full', 507, 9],
    ['unauthorized', 401, 7],
    ['forbidden', 403, 7],
  ];
  for (const [code, status, exit] of fixed)
    assert.deepEqual([code, httpStatusOf(code), exitCodeOf(code)], [code, status, exit]);
});

test('a code of a newer version reads as internal', () => {
  assert.equal(httpStatusOf('no_such_code'), 500);
  assert.equal(exitCodeOf('toString'), 1);
});

test('exit codes are distinct, and every code is snake_case with a sentence that does not end in a stop', () => {
  const numbers = Object.values(exitCodes).map(({ code }) => code);
  assert.equal(new Set(numbers).size, numbers.length);
  for (const [code, row] of Object.entries(errorTable)) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/);
    assert.match(row.sentence, /^[A-Za-z].*[^.]$/, code);
    assert.ok(row.status === null || (row.status >= 400 && row.status < 600), code);
  }
});
