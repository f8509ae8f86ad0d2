import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeclaredVm } from '../../core/instance/declared.ts';
import { resolveSpec } from '../../core/instance/resolve-spec.ts';
import { declareSpec } from './declare-spec.ts';

const uid = '0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10';
const resolving = { uid, clusterArchitecture: 'amd64' } as const;

const documents: readonly DeclaredVm[] = [
  { name: 'probe-1', kernel: 'https://images.example.org/vmlinuz', cmdline: 'console=ttyS0', nics: [] },
  {
    name: 'web-1',
    cpu_cores: 2,
    cpu_cores_max: 4,
    image_url: 'https://images.example.org/small.qcow2',
    image_format: 'qcow2',
    disk_gib: 4,
    disks: [{ name: 'data', size_gib: 2, read_only: true }],
    nics: [{ name: 'lan', mac: '52:54:00:3d:5e:8a', forwards: [{ host_port: 8080, guest_port: 80 }] }, {}],
    cloud_init: { user_data: '#cloud-config\n', ssh_authorized_keys: ['ssh-ed25519 AAAA key'] },
    placement: { selector: { zone: 'a' } },
    restart_policy: 'always',
    stop: { grace_seconds: 5 },
    depends_on: ['probe-1'],
    health_checks: [{ name: 'http', http: { port: 80, path: '/' }, retries: 5 }],
  },
];

test('declareSpec() gives a document that resolves to the same again, and names only what is not its default', () => {
  for (const declared of documents) {
    const spec = resolveSpec(declared, resolving);
    const said = declareSpec({ uid, name: declared.name, spec }, 'amd64');
    assert.ok(said.ok, said.ok ? '' : said.offence);
    assert.deepEqual(resolveSpec(said.declared, resolving), spec);
    assert.deepEqual(Object.keys(said.declared).toSorted(), Object.keys(declared).toSorted());
  }
});

test('declareSpec() names the offence of a specification that nobody could declare', () => {
  const [declared] = documents;
  assert.ok(declared !== undefined);
  const spec = { ...resolveSpec(declared, resolving), cpuCores: 100_000 };
  const said = declareSpec({ uid, name: 'probe-1', spec }, 'amd64');
  assert.match(said.ok ? '' : said.offence, /^\$\.cpu_cores: /);
});
