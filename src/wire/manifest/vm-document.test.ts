import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { Offence } from './offence.ts';
import { parseVmDocument } from './vm-document.ts';
import { vmCreateSchema, vmManifestSchema, vmPatchSchema } from './vm-schema.ts';

const base = { api_version: 'holdfast/v1', kind: 'VirtualMachine', name: 'web-1', kernel: 'file:///k' };

function manifestOffences(value: unknown): readonly Offence[] {
  const parsed = parseVmDocument(value, { document: 0, mode: 'manifest' });
  return parsed.ok ? [] : parsed.offences;
}
const brief = (offences: readonly Offence[]): string[] => offences.map(({ path, code }) => `${path} ${code}`);

test('S1b: the offences of the specification example are told all at once, word for word', () => {
  const offences = manifestOffences({
    api_version: 'holdfast/v1',
    kind: 'VirtualMachine',
    name: 'Web_1',
    memory_mib: '512M',
    cpu_cores: 0,
    image_url: 'https://images.example.org/a.qcow2',
    image_format: 'qcow2',
    image_sha256: 'abc',
    nics: [{ name: 'eth0', forward: [{ host_port: 8080 }] }],
    disks: [
      { name: 'data', size_gib: 1 },
      { name: 'data', size_gib: 1 },
    ],
  });
  const expected = [
    {
      document: 0,
      path: '$.name',
      code: 'bad_format',
      message: "A name starts with a lower-case letter and holds a-z, 0-9 and '-', at most 63, not ending with '-'",
      got: 'Web_1',
      expected: '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$',
    },
    {
      document: 0,
      path: '$.memory_mib',
      code: 'wrong_type',
      message: 'memory_mib is a whole number of MiB, not text',
      got: '512M',
      expected: 'integer 32..4194304',
    },
    {
      document: 0,
      path: '$.cpu_cores',
      code: 'out_of_range',
      message: 'cpu_cores is at least 1',
      got: 0,
      expected: 'integer 1..256',
    },
    {
      document: 0,
      path: '$.image_sha256',
      code: 'bad_format',
      message: 'A sha256 is 64 lower-case hexadecimal digits',
      got: 'abc',
      expected: '^[0-9a-f]{64}$',
    },
    {
      document: 0,
      path: '$.nics[0].forward',
      code: 'unknown_field',
      message: "Unknown field; did you mean 'forwards'?",
      got: [{ host_port: 8080 }],
      expected: ['name', 'network', 'mac', 'forwards'],
    },
    {
      document: 0,
      path: '$.disks[1].name',
      code: 'duplicate',
      message: 'Disk name "data" is already used by $.disks[0]',
      got: 'data',
      expected: 'unique in $.disks',
    },
  ];
  assert.deepEqual(new Set(offences), new Set(expected));
});

test('S1b: every single fault is found at its path with its code', () => {
  const image = { image_url: 'https://h.example/i.qcow2', image_format: 'qcow2' };
  const manyDisks = (length: number) => Array.from({ length }, (_, at) => ({ name: `d${at}`, size_gib: 1 }));
  const forward = (fields: object) => ({ nics: [{ forwards: [{ guest_port: 80, ...fields }] }] });
  const cases: readonly (readonly [object, string])[] = [
    [{ name: '../../etc' }, '$.name bad_format'],
    [{ name: 'a'.repeat(64) }, '$.name bad_format'],
    [{ name: 'a\nb' }, '$.name control_character'],
    [{ name: 7 }, '$.name wrong_type'],
    [{ name: undefined }, '$.name missing'],
    [{ kind: 'Container' }, '$.kind unsupported'],
    [{ api_version: undefined }, '$.api_version missing'],
    [{ cpu_cores: 1.5 }, '$.cpu_cores wrong_type'],
    [{ cpu_cores: 1e300 }, '$.cpu_cores out_of_range'],
    [{ cpu_cores: Number.POSITIVE_INFINITY }, '$.cpu_cores wrong_type'],
    [{ cpu_cores: 'NaN' }, '$.cpu_cores wrong_type'],
    [{ cpu_cores: null }, '$.cpu_cores wrong_type'],
    [{ boot_order: -0 }, '$.boot_order out_of_range'],
    [{ cpu_cores: 2, cpu_cores_max: 1 }, '$.cpu_cores_max conflict'],
    [{ memory_max_mib: 511 }, '$.memory_max_mib conflict'],
    [{ cpuCores: 2 }, '$.cpuCores unknown_field'],
    [{ 'a b': 2 }, '$["a b"] unknown_field'],
    [{ kernel: undefined }, '$.image_url missing'],
    [{ image_url: image.image_url }, '$.image_format missing'],
    [{ image_format: 'qcow2' }, '$.image_format conflict'],
    [{ ...image, image_format: 'vmdk' }, '$.image_format unsupported'],
    [{ ...image, image_sha256: 'A'.repeat(64) }, '$.image_sha256 bad_format'],
    [{ ...image, image_url: 'ftp://h.example/i' }, '$.image_url unsupported'],
    [{ ...image, image_url: 'https://u:p@h.example/i' }, '$.image_url bad_format'],
    [{ ...image, image_url: 'file://host/i' }, '$.image_url bad_format'],
    [{ ...image, image_url: 'file:///a/%2e%2e%2fetc/shadow' }, '$.image_url bad_format'],
    [{ ...image, image_url: `https://h.example/${'a'.repeat(2048)}` }, '$.image_url too_long'],
    [{ kernel: '/boot/vmlinuz' }, '$.kernel bad_format'],
    [{ kernel: undefined, ...image, initrd: 'file:///i' }, '$.initrd conflict'],
    [{ initrd_sha256: 'a'.repeat(64) }, '$.initrd_sha256 conflict'],
    [{ cmdline: 'quiet\ninit=/bin/sh' }, '$.cmdline control_character'],
    [{ cmdline: 'x'.repeat(2048) }, '$.cmdline too_long'],
    [{ disk_gib: 1 }, '$.disk_gib conflict'],
    [{ ...image, disk_gib: 65_537 }, '$.disk_gib out_of_range'],
    [{ machine: 'microvm', firmware_id: 'ovmf' }, '$.firmware_id conflict'],
    [{ machine: 'microvm', kernel: undefined, ...image }, '$.machine conflict'],
    [{ memory_mib: 159, firmware_id: 'ovmf' }, '$.memory_mib conflict'],
    [
      { machine: 'microvm', disks: manyDisks(16), nics: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name })) },
      '$.machine conflict',
    ],
    [{ accel: 'hvf' }, '$.accel unsupported'],
    [{ disks: [{ name: 'a,b', size_gib: 1 }] }, '$.disks[0].name bad_format'],
    [{ disks: [{ name: 'root', size_gib: 1 }] }, '$.disks[0].name conflict'],
    [{ disks: [{ name: 'a' }] }, '$.disks[0].size_gib missing'],
    [{ disks: 'none' }, '$.disks wrong_type'],
    [{ disks: manyDisks(17) }, '$.disks too_many'],
    [{ nics: [{}, { name: 'eth0' }] }, '$.nics[1].name duplicate'],
    [{ nics: [{ mac: '01:00:5e:00:00:01' }] }, '$.nics[0].mac bad_format'],
    [{ nics: [{ mac: '52:54:00:00:00:AA' }, { mac: '52:54:00:00:00:aa' }] }, '$.nics[1].mac duplicate'],
    [{ nics: [{ network: 'lan' }] }, '$.nics[0].network unsupported'],
    [{ disks: [{ name: 'data', size_gib: 1, pool: 'fast' }] }, '$.disks[0].pool unsupported'],
    [{ architecture: 'arm64' }, '$.architecture unsupported'],
    [{ runtime: 'cloud_hypervisor' }, '$.runtime unsupported'],
    [forward({ guest_port: 0 }), '$.nics[0].forwards[0].guest_port out_of_range'],
    [forward({ host_port: 65_536 }), '$.nics[0].forwards[0].host_port out_of_range'],
    [forward({ host_ip: '256.0.0.1' }), '$.nics[0].forwards[0].host_ip bad_format'],
    [forward({ protocol: 'sctp' }), '$.nics[0].forwards[0].protocol unsupported'],
    [
      {
        nics: [
          {
            forwards: [
              { host_port: 80, guest_port: 1 },
              { host_ip: '0.0.0.0', host_port: 80, guest_port: 2 },
            ],
          },
        ],
      },
      '$.nics[0].forwards[1].host_port duplicate',
    ],
    [{ labels: { 'bad key': 'x' } }, '$.labels["bad key"] bad_format'],
    [{ labels: { version: 1 } }, '$.labels.version wrong_type'],
    [{ labels: { a: '-x' } }, '$.labels.a bad_format'],
    [{ labels: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`k${at}`, ''])) }, '$.labels too_many'],
    [{ description: 'a\u0000b' }, '$.description control_character'],
    [{ description: '\ud800' }, '$.description control_character'],
    [{ cloud_init: { hostname: 'a_b' } }, '$.cloud_init.hostname bad_format'],
    [{ cloud_init: { ssh_authorized_keys: ['a\nb'] } }, '$.cloud_init.ssh_authorized_keys[0] control_character'],
    [
      { cloud_init: { ssh_authorized_keys: ['~/.ssh/id_ed25519.pub'] } },
      '$.cloud_init.ssh_authorized_keys[0] bad_format',
    ],
    [{ cloud_init: { ssh_authorized_keys: ['ssh-rsa'] } }, '$.cloud_init.ssh_authorized_keys[0] bad_format'],
    [
      { cloud_init: { ssh_authorized_keys: ['AAAAC3NzaC1lZDI1NTE5AAAAI'] } },
      '$.cloud_init.ssh_authorized_keys[0] bad_format',
    ],
    [{ health_checks: [{ name: 'a' }] }, '$.health_checks[0] missing'],
    [{ health_checks: [{ name: 'a', tcp: { port: 1 }, command: ['x'] }] }, '$.health_checks[0] conflict'],
    [{ health_checks: [{ name: 'a', command: [] }] }, '$.health_checks[0].command out_of_range'],
    [{ health_checks: [{ name: 'a', http: { port: 1, path: 'x' } }] }, '$.health_checks[0].http.path bad_format'],
    [
      { health_checks: [{ name: 'a', tcp: { port: 1 }, timeout_seconds: 20 }] },
      '$.health_checks[0].timeout_seconds conflict',
    ],
    [{ depends_on: ['web-1'] }, '$.depends_on[0] conflict'],
    [{ depends_on: ['db', 'db'] }, '$.depends_on[1] duplicate'],
    [
      { node_loss_policy: 'restart_elsewhere', disks: [{ name: 'a', size_gib: 1 }] },
      '$.node_loss_policy disk_not_movable',
    ],
    [{ desired_phase: 'deleted' }, '$.desired_phase set_by_verb'],
    [{ desired_paused: true }, '$.desired_paused set_by_verb'],
    [{ run: 3 }, '$.run set_by_verb'],
    [JSON.parse('{"__proto__":{"cpu_cores":3}}') as object, '$.__proto__ unknown_field'],
  ];
  for (const [fields, expected] of cases) {
    // A spread would run the setter of __proto__.
    const value = new Map<string, unknown>([...Object.entries(base), ...Object.entries(fields)]);
    for (const [key, field] of value) if (field === undefined) value.delete(key);
    assert.deepEqual(brief(manifestOffences(Object.fromEntries(value))), [expected], JSON.stringify(fields));
  }
});

test('a document that is no object is one offence at the root', () => {
  for (const value of [null, 7, 'x', [base]]) assert.deepEqual(brief(manifestOffences(value)), ['$ wrong_type']);
});

test('a document nested without end is refused without exhausting the stack', () => {
  let value: unknown = 1;
  for (let at = 0; at < 100_000; at += 1) value = [value];
  assert.ok(brief(manifestOffences({ ...base, labels: value }))[0]?.endsWith('too_deep'));
});

test('S1b: offences never repeat user_data, credentials or endless values', () => {
  const secret = 'hunter2hunter2';
  const offences = manifestOffences({
    ...base,
    cloud_init: { user_dat: secret, user_data: `\u0000${secret}`, network_config: 1 },
    user_data: secret,
    initrd: `https://user:${secret}@h.example/i`,
    cmdline: 'x'.repeat(100_000),
    extra: { user_data: secret },
    ['k'.repeat(100_000)]: 1,
    disks: Array.from({ length: 2 }, () => ({ name: 'd'.repeat(100_000), size_gib: 1 })),
  });
  const text = JSON.stringify(offences);
  assert.equal(offences.length, 11);
  assert.ok(!text.includes(secret), text);
  assert.ok(text.length < 8000);
});

test('a manifest may carry what the server prints; a body may not', () => {
  const printed = {
    ...base,
    uid: '0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10',
    managed_by: { source: 'api' },
    desired_paused: false,
    run: 1,
    stop_mode: 'graceful',
    generation: 4,
    revision: 48102,
    spec_hash: 'sha256:00',
    created_at: '2026-03-02T08:58:40.011Z',
    updated_at: '2026-03-02T08:58:40.011Z',
    status: { phase: 'running' },
  };
  const manifest = parseVmDocument(printed, { document: 0, mode: 'manifest' });
  assert.deepEqual(manifest, { ok: true, declared: { name: 'web-1', kernel: 'file:///k' }, uid: printed.uid });
  const body = parseVmDocument(printed, { document: 0, mode: 'body' });
  assert.ok(!body.ok);
  assert.deepEqual(body.offences.map(({ path, code }) => `${path.slice(2)} ${code}`).sort(), [
    'created_at read_only',
    'desired_paused set_by_verb',
    'generation read_only',
    'managed_by read_only',
    'revision read_only',
    'run set_by_verb',
    'spec_hash read_only',
    'status read_only',
    'stop_mode set_by_verb',
    'uid read_only',
    'updated_at read_only',
  ]);
});

test('OpenAPI schemas come out of the validating schemas with descriptions, defaults and ranges', () => {
  for (const schema of [vmCreateSchema, vmManifestSchema, vmPatchSchema]) {
    const json = JSON.stringify(z.toJSONSchema(schema));
    assert.match(json, /"minimum":32,"maximum":4194304/);
    assert.match(json, /Memory of the guest in MiB/);
    assert.match(json, /"additionalProperties":false/);
  }
});

test('an offence that names a command names the very VM', () => {
  const [offence] = manifestOffences({ ...base, desired_phase: 'deleted' });
  assert.equal(offence?.message, "Deleting is a verb: 'holdfast vm delete web-1' (DELETE /v1/vms/web-1)");
  const [nameless] = manifestOffences({ ...base, name: '$&', desired_phase: 'deleted' }).filter(
    ({ code }) => code === 'set_by_verb',
  );
  assert.match(nameless?.message ?? '', /'holdfast vm delete NAME'/);
});

test('offences come in the order of the fields in the document, what is missing last (examples d)', () => {
  const parsed = parseVmDocument(
    { memory_mib: '512M', disks: [{ name: 'a' }], cpu_cores: 0, 'odd.key': 1, name: 'Web_1', boot_order: -1 },
    { document: 0, mode: 'body' },
  );
  assert.deepEqual(parsed.ok ? [] : parsed.offences.map(({ path }) => path), [
    '$.memory_mib',
    '$.disks[0].size_gib',
    '$.cpu_cores',
    '$["odd.key"]',
    '$.name',
    '$.boot_order',
    '$.image_url',
  ]);
});

test('a field without the one it belongs to is told as what it is of (S1b)', () => {
  const fields = {
    cmdline: 'quiet',
    kernel_sha256: 'a'.repeat(64),
    image_url: 'https://h.example/i',
    image_format: 'raw',
  };
  const parsed = parseVmDocument({ name: 'web-1', ...fields }, { document: 0, mode: 'body' });
  assert.ok(!parsed.ok);
  assert.deepEqual(
    parsed.offences.map(({ message, expected }) => [message, expected]),
    [
      ['cmdline is the command line of kernel, which is not set', 'kernel beside it'],
      ['kernel_sha256 is the digest of kernel, which is not set', 'kernel beside it'],
    ],
  );
});
