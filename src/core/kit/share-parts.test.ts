import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareParts } from './share-parts.ts';

test('shareParts() takes equal members from the value before, and that value itself when all are equal', () => {
  const before = { kept: { a: [1] }, changed: { b: 1 }, gone: 1 };
  const after = { kept: { a: [1] }, changed: { b: 2 }, gone: 1 };
  const shared = shareParts(before, after);
  assert.deepEqual(shared, after);
  assert.equal(shared.kept, before.kept);
  assert.equal(shareParts(before, structuredClone(before)), before);
});

test('shareParts() keeps what was added, and drops what is there no more', () => {
  assert.deepEqual(shareParts<object>({ a: 1 }, { a: 1, b: 2 }), { a: 1, b: 2 });
  assert.deepEqual(shareParts<object>({ a: 1, b: 2 }, { a: 1 }), { a: 1 });
});
