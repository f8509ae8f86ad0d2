import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSystemRandom, renderUuid7 } from './system-random.ts';

test('a uuid is version 7, carries its time and sorts by it', () => {
  assert.equal(renderUuid7(0x0195_a3c1_7a44, new Uint8Array(10).fill(0xff)), '0195a3c1-7a44-7fff-bfff-ffffffffffff');
  let now = 1_700_000_000_000;
  const random = createSystemRandom(() => now++);
  const uuids = Array.from({ length: 100 }, () => random.uuid());
  assert.deepEqual(uuids.toSorted(), uuids);
  for (const uuid of uuids) assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(random.hex(16).length, 32);
  assert.ok(random.next() < 1);
});

test('uuids of one process never go back, within a millisecond or when the wall clock is set back', () => {
  let now = 1_700_000_000_000;
  const random = createSystemRandom(() => now);
  const uuids = Array.from({ length: 10_000 }, (_, index) => {
    if (index === 5_000) now -= 60_000;
    return random.uuid();
  });
  assert.deepEqual(uuids.toSorted(), uuids);
  assert.equal(new Set(uuids).size, uuids.length);
});
