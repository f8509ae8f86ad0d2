import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costTable } from '../core/desired/cost-table.ts';
import { planChange } from '../core/desired/plan-change.ts';
import { resolveSpec } from '../core/instance/resolve-spec.ts';
import type { VmSpec } from '../core/instance/spec.ts';
import { specIdentity } from '../core/instance/spec-identity.ts';
import { hashJson, hashSpec, hashText } from './hash-spec.ts';

const spec = resolveSpec(
  { name: 'a', kernel: 'file:///k', disks: [{ name: 'd', size_gib: 1 }], cloud_init: { user_data: 'x' } },
  { uid: '0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10', clusterArchitecture: 'amd64' },
);

test('hashes are SHA-256 over RFC 8785 text, independent of the order of fields', () => {
  assert.equal(hashJson({ b: 1, a: [1e21, 'é'] }), hashText('{"a":[1e+21,"é"],"b":1}'));
  assert.equal(hashText(''), 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  const reversed = Object.fromEntries(Object.entries(spec).toReversed()) as unknown as VmSpec;
  assert.equal(hashSpec(reversed), hashSpec(spec));
});

test('spec_hash covers exactly the fields whose change is not free', () => {
  const covered = new Set(Object.keys(specIdentity(spec)));
  for (const [key, { rule }] of Object.entries(costTable)) assert.equal(covered.has(key), rule !== 'none', key);
});

test('a change of spec_hash and a plan with a cost are the same thing, also for a disk that becomes ephemeral', () => {
  const changes: readonly Partial<VmSpec>[] = [
    { cmdline: 'quiet' },
    { memoryMib: 1024 },
    { restartPolicy: 'always' },
    { disks: spec.disks.map((disk) => ({ ...disk, ephemeral: true })) },
    { disks: spec.disks.map((disk) => ({ ...disk, sizeGib: 2 })) },
    { cloudInit: null },
    { placement: { ...spec.placement, node: 'node-2' } },
  ];
  for (const fields of changes) {
    const to = { ...spec, ...fields };
    const isCostly = planChange(spec, to, null).some(({ cost }) => cost !== 'none');
    assert.equal(hashSpec(to) !== hashSpec(spec), isCostly, JSON.stringify(fields));
  }
});
