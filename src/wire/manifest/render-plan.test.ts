import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planChange } from '../../core/desired/plan-change.ts';
import { resolveSpec } from '../../core/instance/resolve-spec.ts';
import { hashText } from '../hash-spec.ts';
import { refusedOffences, renderMetadataPlan, renderPlan } from './render-plan.ts';

const given = { uid: 'u', clusterArchitecture: 'amd64' } as const;
const image = { image_url: 'https://h.example/i', image_format: 'qcow2' } as const;

test('a plan shows secrets of cloud-init as their sha256 and names the disks it would destroy', () => {
  const from = resolveSpec({ name: 'a', ...image, cloud_init: { user_data: 'secret', network_config: 'psk' } }, given);
  const to = resolveSpec({ name: 'a', ...image, image_url: 'https://h.example/j' }, given);
  assert.deepEqual(renderPlan(planChange(from, to, null), from, to), [
    {
      field: 'image_url',
      from: 'https://h.example/i',
      to: 'https://h.example/j',
      cost: 'replace',
      because: 'root_disk_made_anew',
      destroys: ['root'],
    },
    { field: 'cloud_init.user_data', from: hashText('secret'), to: null, cost: 'restart', because: 'read_at_boot' },
    { field: 'cloud_init.network_config', from: hashText('psk'), to: null, cost: 'restart', because: 'read_at_boot' },
  ]);
});

test('a smaller disk, or another pool, is an offence at its path that says what would be right (S1b)', () => {
  const from = resolveSpec({ name: 'a', ...image, disks: [{ name: 'd', size_gib: 3 }] }, given);
  const to = resolveSpec({ name: 'a', ...image, disks: [{ name: 'd', size_gib: 2 }] }, given);
  assert.deepEqual(refusedOffences(planChange(from, to, null), 1), [
    {
      document: 1,
      path: '$.disks[0].size_gib',
      code: 'out_of_range',
      message: 'A disk never gets smaller; it is 3 GiB',
      got: 2,
      expected: 'integer 3.., in GiB',
    },
  ]);
  const unsized = resolveSpec({ name: 'a', ...image }, given);
  const [taken] = refusedOffences(planChange({ ...unsized, diskGib: 4 }, unsized, null), 0);
  assert.deepEqual([taken?.got, taken?.expected], [null, 'integer 4.., in GiB']);
  const moved = resolveSpec({ name: 'a', ...image, disks: [{ name: 'd', size_gib: 3, pool: 'fast' }] }, given);
  const [pool] = refusedOffences(planChange(from, moved, null), 0);
  assert.deepEqual([pool?.code, pool?.expected], ['immutable', 'default']);
});

test('S2: a change of labels alone is free', () => {
  const from = { labels: { a: '1' }, annotations: {}, description: null };
  assert.deepEqual(renderMetadataPlan(from, { ...from, labels: {} }), [
    { field: 'labels', from: { a: '1' }, to: {}, cost: 'none', because: 'not_seen_by_guest' },
  ]);
  assert.deepEqual(renderMetadataPlan(from, from), []);
});
