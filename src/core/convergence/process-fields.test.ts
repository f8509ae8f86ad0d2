import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aSpec, someFacts } from '../instance/testing/builders.ts';
import { differingFields } from './process-fields.ts';
import { anObservation, anObservedIncarnation } from './testing/builders.ts';

const gib = 1024 ** 3;

/** A process that was started from `startedGib`, whose root disk has `rootBytes`. */
function observed(startedGib: number | null, rootBytes: number | null) {
  const incarnation = anObservedIncarnation({ startedSpec: aSpec({ diskGib: startedGib }) });
  return anObservation({ incarnation, facts: someFacts({ rootDiskBytes: rootBytes }) });
}

test('a root disk that first had the size of its image and then grew is as wanted (S11)', () => {
  const wanted = aSpec({ diskGib: 2 });
  assert.deepEqual(differingFields(wanted, observed(null, 2 * gib)), []);
  assert.deepEqual(differingFields(wanted, observed(null, gib)), [{ field: 'disk_gib', desired: 2, observed: 1 }]);
  assert.deepEqual(differingFields(wanted, observed(1, 2 * gib)), []);
});

test('a root disk of no stated size is as wanted, whatever size its image has (S11)', () => {
  assert.deepEqual(differingFields(aSpec({ diskGib: null }), observed(null, 96 * 1024 * 1024)), []);
});

test('a disk that is to become read-only at the next start differs until then (S11)', () => {
  const disk = { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false };
  const incarnation = anObservedIncarnation({ startedSpec: aSpec({ disks: [disk] }) });
  const there = anObservation({ incarnation, facts: someFacts({ disks: [{ name: 'data', sizeGib: 1 }] }) });
  assert.deepEqual(differingFields(aSpec({ disks: [{ ...disk, ephemeral: true }] }), there), []);
  const [difference] = differingFields(aSpec({ disks: [{ ...disk, readOnly: true }] }), there);
  assert.equal(difference?.field, 'disks');
});

test('a root disk that somebody took out differs; that of a microvm, which earlier agents did not see, is as wanted', () => {
  const image = { imageUrl: 'https://images.example.org/a.raw', imageFormat: 'raw' } as const;
  const detached = (machine: 'q35' | 'microvm') => {
    const incarnation = anObservedIncarnation({ startedSpec: aSpec({ ...image, machine }) });
    const there = anObservation({ incarnation, facts: someFacts({ rootDiskBytes: null }) });
    return differingFields(aSpec({ ...image, machine }), there).map(({ field }) => field);
  };
  assert.deepEqual(detached('q35'), ['root_disk']);
  assert.deepEqual(detached('microvm'), []);
});
