import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { DeclaredVm } from '../../core/instance/declared.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import { mergePatch } from '../../core/kit/merge-patch.ts';
import type { Offence } from './offence.ts';
import { parseVmDocument } from './vm-document.ts';
import { applyVmPatch } from './vm-patch.ts';
import { desiredShape } from './vm-schema.ts';

const brief = (offences: readonly Offence[]): string[] => offences.map(({ path, code }) => `${path} ${code}`);

test('a patch merges, clears with null and is judged as a whole', () => {
  const declared = {
    name: 'web-1',
    kernel: 'file:///k',
    cpu_cores: 2,
    labels: { a: '1', b: '2' },
    stop: { grace_seconds: 5 },
  };
  const patch = (value: unknown) => applyVmPatch(declared, value, { document: 0 });
  assert.deepEqual(patch({ cpu_cores: null, labels: { a: null, c: '3' }, stop: { on_timeout: 'fail' } }), {
    ok: true,
    uid: undefined,
    declared: {
      name: 'web-1',
      kernel: 'file:///k',
      labels: { b: '2', c: '3' },
      stop: { grace_seconds: 5, on_timeout: 'fail' },
    },
  });
  const bad = (value: unknown): string[] => {
    const parsed = patch(value);
    return parsed.ok ? [] : brief(parsed.offences);
  };
  assert.deepEqual(bad({ name: 'web-1' }), []);
  assert.deepEqual(bad({ name: 'web-2' }), ['$.name immutable']);
  const all = { name: 'web-2', run: 3, kernel: null, cpu_cores: 0 };
  const everything = ['$.name immutable', '$.run set_by_verb', '$.cpu_cores out_of_range', '$.image_url missing'];
  assert.deepEqual(bad(all), everything, 'all at once (S1b)');
  assert.deepEqual(bad({ name: 'web-2', kernel: null }), ['$.name immutable', '$.image_url missing']);
  assert.deepEqual(bad({ nonsense: null }), ['$.nonsense unknown_field']);
  assert.deepEqual(bad({ stop: { nonsense: null } }), ['$.stop.nonsense unknown_field']);
  assert.deepEqual(bad({ kernel: null }), ['$.image_url missing']);
  assert.deepEqual(bad({ cpu_cores_max: 1, memory_mib: 'x' }), ['$.cpu_cores_max conflict', '$.memory_mib wrong_type']);
  assert.deepEqual(bad({ desired_paused: true, generation: 3 }), [
    '$.desired_paused set_by_verb',
    '$.generation read_only',
  ]);
  assert.deepEqual(bad([]), ['$ wrong_type']);
});

test('an offence of a patch names the commands of the very VM, and not the name that the patch would give it', () => {
  const parsed = applyVmPatch({ name: 'web-1', kernel: 'file:///k' }, { name: 'web-2', run: 3 }, { document: 0 });
  const [, run] = parsed.ok ? [] : parsed.offences;
  assert.match(run?.message ?? '', /^run is set by a verb: 'holdfast vm start web-1'/);
});

const declared: DeclaredVm = {
  name: 'web-1',
  labels: { a: '1', b: '2' },
  annotations: { note: 'n' },
  cpu_cores: 2,
  cpu_cores_max: 4,
  kernel: 'file:///k',
  disks: [{ name: 'data', size_gib: 1 }],
  nics: [],
  placement: { node: 'n1', selector: { zone: 'a' } },
  stop: { grace_seconds: 5 },
};

test('a patch leads to what the whole document would: the same fields in the same order, or the same offences', () => {
  const value = fc.constantFrom<unknown>(
    null,
    1,
    3,
    9,
    'x',
    {},
    [],
    ['a'],
    { a: null },
    { a: '2', c: '3' },
    { node: null },
  );
  const field = fc.constantFrom(
    'cpu_cores',
    'toString',
    'cpu_cores_max',
    'labels',
    'annotations',
    'kernel',
    'image_url',
    'disks',
    'nics',
  );
  const more = fc.constantFrom(
    'placement',
    'stop',
    'description',
    'depends_on',
    'cloud_init',
    'health_checks',
    'initrd',
  );
  let accepted = 0;
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(field, more), value, { maxKeys: 3, noNullPrototype: true }), (patch) => {
      const patched = applyVmPatch(declared, patch, { document: 0 });
      const merged = mergePatch(declared as unknown as JsonObject, patch as JsonObject);
      const whole = parseVmDocument(merged, { document: 0, mode: 'body' });
      if (patched.ok) {
        accepted += 1;
        assert.equal(JSON.stringify(patched), JSON.stringify(whole));
        return;
      }
      // Clearing a field that does not exist leaves a whole that is sound; the patch is wrong all the same.
      const isUnknown = patched.offences.every(({ code }) => code === 'unknown_field');
      assert.ok(!whole.ok || isUnknown, `refused what is sound as a whole: ${brief(patched.offences)}`);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(accepted > 200, `${accepted} accepted`);
});

test('objects that a patch merges into have no member that must be there', () => {
  const bare = (schema: z.ZodType): z.ZodType =>
    schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? bare(schema.unwrap() as z.ZodType) : schema;
  let objects = 0;
  const check = (schema: z.ZodType, path: string): void => {
    const inner = bare(schema);
    if (!(inner instanceof z.ZodObject)) return;
    objects += 1;
    for (const [key, member] of Object.entries(inner.shape as Record<string, z.ZodType>)) {
      assert.ok(member.safeParse(undefined).success, `${path}.${key} must be there`);
      check(member, `${path}.${key}`);
    }
  };
  for (const [field, schema] of Object.entries(desiredShape)) check(schema, field);
  assert.equal(objects, 3);
});

test('what a patch does not touch, or sets to what it was, stays the very same object', () => {
  const patched = applyVmPatch(declared, { labels: { c: '3' }, stop: { grace_seconds: 5 } }, { document: 0 });
  assert.ok(patched.ok);
  assert.notEqual(patched.declared.labels, declared.labels);
  for (const field of ['annotations', 'disks', 'nics', 'placement', 'stop'] as const) {
    assert.equal(patched.declared[field], declared[field], field);
  }
});

test('a VM that was accepted before a rule came can still be labelled, but not changed into what the rule refuses', () => {
  const declared: DeclaredVm = { name: 'old', kernel: 'file:///k', firmware_id: 'ovmf', memory_mib: 64 };
  const patch = (value: unknown) => applyVmPatch(declared, value, { document: 0 });
  assert.equal(patch({ labels: { a: '1' }, annotations: { b: '2' }, description: 'old' }).ok, true);
  const changed = patch({ memory_mib: 96 });
  assert.deepEqual(changed.ok ? [] : brief(changed.offences), ['$.memory_mib conflict']);
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`k${n}`, 'v']));
  const labelled = patch({ labels: many });
  assert.deepEqual(labelled.ok ? [] : brief(labelled.offences), ['$.labels too_many', '$.memory_mib conflict']);
});
