import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { costTable } from '../../core/desired/cost-table.ts';
import type { DeclaredVm } from '../../core/instance/declared.ts';
import { resolveSpec } from '../../core/instance/resolve-spec.ts';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import { asUid } from '../../core/kit/brand.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import { hashText } from '../hash-spec.ts';
import { parseDocuments } from './parse-documents.ts';
import { renderDeclared, renderSpec, renderVmText, renderYaml, type Secrets } from './render-vm.ts';
import { vmAnswerSchema } from './vm-answer.ts';
import { parseVmDocument } from './vm-document.ts';

const uid = '0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10';
const userData = '#cloud-config\nhostname: web-1\nruncmd:\n  - [ httpd, -p, "80" ]\n';
const declared: DeclaredVm = {
  name: 'web-1',
  labels: { app: 'web', owner: 'shop' },
  cpu_cores: 2,
  image_url: 'https://images.example.org/small-guest-12.qcow2',
  image_format: 'qcow2',
  disk_gib: 4,
  disks: [{ name: 'data', size_gib: 2 }],
  nics: [{ name: 'eth0', mac: '52:54:00:3d:5e:8a', forwards: [{ host_port: 8080, guest_port: 80 }] }],
  cloud_init: { user_data: userData },
  health_checks: [{ name: 'http', http: { port: 80 } }],
};

function aRecord(from: DeclaredVm): VmRecord {
  return {
    name: from.name,
    uid: asUid(uid),
    labels: from.labels ?? {},
    annotations: from.annotations ?? {},
    description: from.description ?? null,
    managedBy: { source: 'api' },
    desiredPhase: 'running',
    desiredPaused: false,
    run: 1,
    stopMode: 'graceful',
    spec: resolveSpec(from, { uid, clusterArchitecture: 'amd64' }),
    generation: 4,
    specHash: `sha256:${'1c7e'.repeat(16)}`,
    createdAt: Date.UTC(2026, 2, 2, 8, 58, 40, 11),
    generationAt: 0,
    deletedAt: null,
    declared: { ...from } as unknown as JsonObject,
    updatedAt: Date.UTC(2026, 2, 2, 9, 10, 2, 417),
  };
}

function rendered(secrets: Secrets = 'shown'): JsonObject {
  const parts = { record: aRecord(declared), revision: 48102, secrets, status: { phase: 'running' } };
  return JSON.parse(renderVmText(parts)) as JsonObject;
}

test('a rendered VM has every field, resolved, in the order of the specification', () => {
  const vm = rendered();
  assert.deepEqual(Object.keys(vm), [
    ...['api_version', 'kind', 'name', 'uid', 'labels', 'annotations', 'description', 'managed_by'],
    ...['desired_phase', 'desired_paused', 'run', 'stop_mode'],
    ...['cpu_cores', 'memory_mib', 'cpu_cores_max', 'memory_max_mib', 'image_url', 'image_sha256', 'image_format'],
    ...['architecture', 'firmware_id', 'machine', 'accel', 'kernel', 'kernel_sha256', 'initrd', 'initrd_sha256'],
    ...['cmdline', 'disk_gib', 'disks', 'nics', 'cloud_init', 'runtime', 'placement', 'restart_policy'],
    ...['node_loss_policy', 'drift_policy', 'on_unresponsive', 'start_at_boot', 'boot_order', 'depends_on'],
    ...['deletion_protection', 'stop', 'health_checks'],
    ...['generation', 'revision', 'spec_hash', 'created_at', 'updated_at', 'status'],
  ]);
  assert.deepEqual(vm['nics'], [
    {
      name: 'eth0',
      network: 'user',
      mac: '52:54:00:3d:5e:8a',
      forwards: [{ protocol: 'tcp', host_ip: '127.0.0.1', host_port: 8080, guest_port: 80 }],
    },
  ]);
  assert.equal(vm['created_at'], '2026-03-02T08:58:40.011Z');
});

test('a rendered spec has every field of the table of costs, in its documents spelling', () => {
  const spec = renderSpec(aRecord(declared).spec, 'shown');
  assert.deepEqual(
    Object.keys(spec).toSorted(),
    Object.values(costTable)
      .map(({ field }) => field)
      .toSorted(),
  );
});

test('a rendered VM is what the schema of the answer says', () => {
  const parsed = vmAnswerSchema(z.object({ phase: z.string() }))
    .strict()
    .safeParse(rendered());
  assert.ok(parsed.success, JSON.stringify(parsed.error?.issues));
});

test('user_data is shown as its sha256 to those who may not edit', () => {
  const text = JSON.stringify(rendered('hidden'));
  assert.ok(!text.includes('cloud-config'));
  assert.ok(text.includes(`"user_data":"${hashText(userData)}","network_config":null`), text);
});

test('the printed JSON document applies again and resolves to the same spec', () => {
  const record = aRecord(declared);
  const parsed = parseVmDocument(rendered(), { document: 0, mode: 'manifest' });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  assert.equal(parsed.uid, uid);
  assert.deepEqual(resolveSpec(parsed.declared, { uid, clusterArchitecture: 'arm64' }), record.spec);
});

test('get -o yaml round-trips without loss, whatever the texts hold', () => {
  const line = fc.string({ maxLength: 60, unit: fc.constantFrom(...'aZ09 _-.:#"\'\\{}[]&*!|>%@`,?~=éß漢😀') });
  const lines = fc
    .array(line, { maxLength: 6 })
    .chain((all) => fc.constantFrom('\n', '\n\n', '\n\t', '\r\n').map((by) => all.join(by)));
  const word = fc.constantFrom(
    'yes',
    'no',
    'on',
    '012',
    '1e3',
    'null',
    '~',
    '1_000',
    'true',
    '0x10',
    '',
    '-1.5',
    'a.b',
  );
  fc.assert(
    fc.property(lines, lines, line, word, (description, text, cmdline, label) => {
      const vm: DeclaredVm = {
        name: 'a',
        labels: { [label === '' ? 'k' : label.replace(/[^a-z0-9]/g, '') || 'k']: label.replace(/[^A-Za-z0-9.]/g, '') },
        annotations: { note: description },
        description: text,
        kernel: 'file:///k',
        cmdline,
        cloud_init: { user_data: text, hostname: null },
        nics: [],
      };
      const yaml = renderYaml([renderDeclared(vm), renderDeclared(vm, uid)]);
      const parsed = parseDocuments(yaml);
      assert.ok(parsed.ok, JSON.stringify(parsed));
      const again = parsed.documents.map(({ value }) => parseVmDocument(value, { document: 0, mode: 'manifest' }));
      assert.deepEqual(again, [
        { ok: true, declared: vm, uid: undefined },
        { ok: true, declared: vm, uid },
      ]);
    }),
  );
});
