import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceRecord } from './record.ts';
import type { VmSpec } from './spec.ts';
import { aDesired, aRunningRecord, aSpec } from './testing/builders.ts';
import { unreadyOf } from './unready.ts';

const url = 'https://images.example.org/a.raw';
const fixed = { sha256: 'aa', sizeBytes: 1, resolvedAt: 0 };
const disk = { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false };
const spec = aSpec({ kernel: null, imageUrl: url, imageFormat: 'raw', disks: [disk] });
const made: Partial<InstanceRecord> = { images: { [url]: fixed }, rootMadeFrom: `${url}#aa`, disksMade: ['data'] };

/** What is unready of the VM that was made, as words. */
function unready(fields: Partial<VmSpec>, record: Partial<InstanceRecord>, there: readonly string[]) {
  const has = (name: string) => there.includes(name);
  const found = unreadyOf(aDesired({ spec: { ...spec, ...fields } }), aRunningRecord({ ...made, ...record }), {
    hasImage: has,
    hasDisk: has,
  });
  return found.map(({ what, name }) => `${what} ${name}`);
}

test('what was made and is there is ready; a file that is gone is not, nor an image that left the cache', () => {
  assert.deepEqual(unready({}, {}, ['aa', 'root', 'data']), []);
  assert.deepEqual(unready({}, {}, ['aa', 'data']), ['disk_gone root']);
  assert.deepEqual(unready({}, {}, ['aa', 'root']), ['disk_gone data']);
  assert.deepEqual(unready({}, {}, ['root', 'data']), [`image ${url}`]);
});

test('what a change of a stopped VM needs is not ready before a start has made it, whatever ran before', () => {
  const other = 'https://images.example.org/b.raw';
  const all = ['aa', 'bb', 'root', 'data'];
  assert.deepEqual(unready({ imageUrl: other }, {}, all), [`image ${other}`, 'disk_not_made root']);
  assert.deepEqual(unready({ imageSha256: 'cc' }, {}, all), [`image ${url}`, 'disk_not_made root']);
  assert.deepEqual(unready({ imageSha256: 'bb' }, {}, all), ['disk_not_made root'], 'it is in the cache');
  assert.deepEqual(unready({ disks: [disk, { ...disk, name: 'more' }] }, {}, all), ['disk_not_made more']);
  assert.deepEqual(unready({}, { rootMadeFrom: null, disksMade: [] }, ['aa']), [
    'disk_not_made root',
    'disk_not_made data',
  ]);
});

test('a root disk that nobody was asked about is kept, not made anew: it is no disk that is yet to be made (spec §9)', () => {
  const other = { imageUrl: 'https://images.example.org/b.raw', imageSha256: null };
  const all = ['aa', 'bb', 'root', 'data'];
  const words = (fields: Partial<InstanceRecord>) => unready({ ...other, imageSha256: 'bb' }, fields, all);
  assert.deepEqual(words({ unaskedImage: { ...other, imageSha256: 'bb' } }), ['disk_kept root']);
  assert.deepEqual(words({ unaskedImage: other }), ['disk_not_made root'], 'its user was asked about this one');
  assert.deepEqual(unready({}, { unaskedImage: { imageUrl: url, imageSha256: null } }, all), [], 'it is of this image');
});

test('a disk that is there is used, though the record of it was lost', () => {
  assert.deepEqual(unready({}, { rootMadeFrom: null, disksMade: [] }, ['aa', 'root', 'data']), []);
});

test('an ephemeral disk is never lost: a start makes it anew', () => {
  assert.deepEqual(unready({ disks: [{ ...disk, ephemeral: true }] }, {}, ['aa', 'root']), ['disk_not_made data']);
});

test('a kernel without a disk needs the kernel and its initrd, by the digests that were stated or fixed', () => {
  const kernel = { kernel: 'k', kernelSha256: 'kk', initrd: 'i', imageUrl: null, disks: [] };
  const record = { images: { i: { ...fixed, sha256: 'ii' } } };
  assert.deepEqual(unready(kernel, record, ['kk', 'ii']), []);
  assert.deepEqual(unready(kernel, record, ['kk']), ['image i']);
  assert.deepEqual(unready(kernel, { images: {} }, ['kk', 'ii']), ['image i'], 'nothing says which it is');
});
