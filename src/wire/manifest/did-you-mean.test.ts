import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { didYouMean, editDistance } from './did-you-mean.ts';
import { desiredShape } from './vm-schema.ts';

test('editDistance() is a distance that counts single edits', () => {
  assert.equal(editDistance('forward', 'forwards'), 1);
  assert.equal(editDistance('memroy', 'memory'), 1);
  assert.equal(editDistance('', 'abc'), 3);
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
    }),
  );
});

test('didYouMean() finds the field that was meant, and is silent when none is near', () => {
  const fields = Object.keys(desiredShape);
  const meant: readonly (readonly [string, string | undefined])[] = [
    ['cpuCores', 'cpu_cores'],
    ['memoryMib', 'memory_mib'],
    ['memory', 'memory_mib'],
    ['cpus', 'cpu_cores'],
    ['image', 'image_url'],
    ['disk', 'disks'],
    ['healthchecks', 'health_checks'],
    ['desired-phase', 'desired_phase'],
    ['restart_polcy', 'restart_policy'],
    ['spec', undefined],
    ['x'.repeat(10_000), undefined],
    ['', undefined],
  ];
  for (const [word, expected] of meant) assert.equal(didYouMean(word, fields), expected, word);
});
