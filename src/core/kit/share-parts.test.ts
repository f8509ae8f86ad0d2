import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from './json.ts';
import { shareDeep, shareParts } from './share-parts.ts';

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

test('shareDeep() takes every part from the model that says the same there, however deep', () => {
  const model = { spec: { stop: { seconds: 60 }, disks: [{ name: 'a' }, { name: 'b' }] }, labels: { app: 'x' } };
  const value = { spec: { stop: { seconds: 60 }, disks: [{ name: 'a' }, { name: 'c' }] }, labels: { app: 'x' } };
  const shared = shareDeep(model, value) as typeof value;
  assert.deepEqual(shared, value);
  assert.equal(shared.labels, model.labels);
  assert.equal(shared.spec.stop, model.spec.stop);
  assert.equal(shared.spec.disks[0], model.spec.disks[0]);
  assert.notEqual(shared.spec.disks, model.spec.disks);
  assert.equal(shareDeep(model, structuredClone(model)), model);
});

test('shareDeep() keeps the order in which a user wrote the members', () => {
  const model = { declared: { memory_mib: 1, cpu_cores: 2 } };
  const shared = shareDeep(model, { declared: { cpu_cores: 2, memory_mib: 1 } });
  assert.equal(JSON.stringify(shared), '{"declared":{"cpu_cores":2,"memory_mib":1}}');
});

test('shareDeep() never changes what a value says, whatever it is like', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (model, value) => {
      const text = JSON.stringify(value);
      assert.equal(JSON.stringify(shareDeep(model as Json, value as Json)), text);
      assert.equal(JSON.stringify(value), text);
      assert.equal(JSON.stringify(shareDeep(value as Json, JSON.parse(text) as Json)), text);
    }),
  );
});

test('shareDeep() takes a member by the name of what every object has for what it is', () => {
  const value = JSON.parse('{"__proto__":{"a":"b"},"constructor":"c"}') as Json;
  assert.equal(JSON.stringify(shareDeep({ a: 'b' }, value)), '{"__proto__":{"a":"b"},"constructor":"c"}');
  assert.equal(JSON.stringify(shareDeep(value, { a: 'b' })), '{"a":"b"}');
});
