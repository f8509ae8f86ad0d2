import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundOffences, clipGot, type Offence, renderPath, valueAt } from './offence.ts';

test('renderPath() writes JSON paths, unusual keys in quotes', () => {
  assert.equal(renderPath([]), '$');
  assert.equal(renderPath(['nics', 0, 'forwards']), '$.nics[0].forwards');
  assert.equal(renderPath(['labels', 'example.org/a"b']), '$.labels["example.org/a\\"b"]');
});

test('valueAt() reads own members only', () => {
  assert.equal(valueAt({ a: [{ b: 1 }] }, ['a', 0, 'b']), 1);
  assert.equal(valueAt({}, ['toString']), undefined);
});

test('clipGot() is bounded, JSON, and keeps secrets', () => {
  assert.equal(clipGot(undefined, ['a']), null);
  assert.equal(clipGot(Number.NaN, ['a']), 'NaN');
  assert.equal(clipGot(-0, ['a']), '-0');
  assert.equal(clipGot('x'.repeat(300), ['a']), `${'x'.repeat(200)}… (300 characters)`);
  assert.equal(clipGot('https://u:p@h/', ['kernel']), 'https://<hidden>@h/');
  assert.equal(clipGot('s', ['cloud_init', 'user_data']), '<text of 1 characters, not shown>');
  assert.equal(clipGot('s', ['cloud_init', 'hostname']), 's');
  assert.equal(clipGot({ user_data: 's' }, ['x']), '<object with 1 fields>');
  assert.deepEqual(clipGot([1, { a: null }], ['x']), [1, { a: null }]);
  assert.equal(clipGot('\ud800', ['x']), '\ufffd');
});

test('offences are bounded, and the last one says how many are missing', () => {
  const one: Offence = { document: 0, path: '$', code: 'missing', message: 'm', got: null, expected: 'x' };
  assert.equal(boundOffences([one]).length, 1);
  const many = boundOffences(Array.from({ length: 150 }, () => one));
  assert.equal(many.length, 100);
  assert.equal(many.at(-1)?.message, 'm (and 50 more offences)');
});
