import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { DeclaredVm } from '../../core/instance/declared.ts';
import { resolveSpec } from '../../core/instance/resolve-spec.ts';
import { hashSpec } from '../hash-spec.ts';
import { parseDocuments } from './parse-documents.ts';
import { vmAnswerSchema } from './vm-answer.ts';
import { parseVmDocument } from './vm-document.ts';
import { applyVmPatch } from './vm-patch.ts';
import { desiredShape, vmCreateSchema, vmPatchSchema } from './vm-schema.ts';

/** The manifests of the specification. */
const manifests = `# Direct kernel boot, everything else by default
api_version: holdfast/v1
kind: VirtualMachine
name: probe-1
labels: { app: probe }
cpu_cores: 1
memory_mib: 128
kernel: https://images.example.org/small-guest-12/vmlinuz
kernel_sha256: 4b1f0c9de7a25386f1d2c3b4a5968778695a4b3c2d1e0f112233445566778899
initrd: https://images.example.org/small-guest-12/initrd.gz
initrd_sha256: a0b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9f
cmdline: console=ttyS0 quiet panic=5
nics: []
restart_policy: on_failure
---
# Disk image with cloud-init, every field that a user may set
api_version: holdfast/v1
kind: VirtualMachine
name: web-1
labels: { app: web, owner: shop }
desired_phase: running
cpu_cores: 2
memory_mib: 512
image_url: https://images.example.org/small-guest-12.qcow2
image_sha256: 9f2b6c4e1d7a3058b4c9e6f10a2d3b5c7e8f90a1b2c3d4e5f60718293a4b5c6d
image_format: qcow2
architecture: amd64
firmware_id: seabios
machine: q35
accel: auto
runtime: qemu
disk_gib: 4
disks:
  - { name: data, size_gib: 2, pool: default, ephemeral: false, read_only: false }
nics:
  - name: eth0
    network: user
    mac: "52:54:00:3d:5e:8a"
    forwards:
      - { protocol: tcp, host_ip: 127.0.0.1, host_port: 8080, guest_port: 80 }
cloud_init:
  user_data: |
    #cloud-config
    hostname: web-1
    runcmd:
      - [ httpd, -p, "80" ]
  network_config: null
placement: { node: null, selector: {}, preferred: {}, affinity_groups: [] }
restart_policy: on_failure
node_loss_policy: pin
drift_policy: correct
start_at_boot: true
deletion_protection: false
stop: { grace_seconds: 60, on_timeout: kill }
health_checks:
  - name: http
    http: { port: 80, path: / }
    interval_seconds: 10
    timeout_seconds: 2
    retries: 3
`;

const given = { uid: '0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10', clusterArchitecture: 'amd64' } as const;

test('the manifests of the specification are accepted and say what they say', () => {
  const parsed = parseDocuments(manifests);
  assert.ok(parsed.ok);
  const vms = parsed.documents.map(({ value, document }) => parseVmDocument(value, { document, mode: 'manifest' }));
  const specs = vms.map((vm) => (vm.ok ? resolveSpec(vm.declared, given) : assert.fail(JSON.stringify(vm.offences))));
  assert.deepEqual(specs[0]?.nics, []);
  assert.equal(specs[1]?.cloudInit?.userData, '#cloud-config\nhostname: web-1\nruncmd:\n  - [ httpd, -p, "80" ]\n');
});

test('any JSON is accepted or refused with offences, and what is accepted can be resolved and hashed', () => {
  const keys = fc.constantFrom(
    'name',
    'kernel',
    'api_version',
    'kind',
    ...Object.keys(desiredShape),
    'x',
    '__proto__',
    'toString',
  );
  const sound = fc.record(
    {
      cpu_cores: fc.integer({ min: 1, max: 256 }),
      description: fc.string({ unit: 'binary', maxLength: 20 }),
      labels: fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 })),
      disks: fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), size_gib: fc.integer({ min: 1, max: 9 }) }), {
        maxLength: 3,
      }),
      nics: fc.array(
        fc.record({
          forwards: fc.array(fc.record({ guest_port: fc.nat(70_000), host_port: fc.nat(3) }), { maxLength: 3 }),
        }),
        { maxLength: 2 },
      ),
      cmdline: fc.string({ unit: 'binary', maxLength: 12 }),
    },
    { requiredKeys: [] },
  );
  const wild = fc.dictionary(keys, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5, noNullPrototype: true });
  let accepted = 0;
  fc.assert(
    fc.property(sound, fc.oneof(fc.constant({}), wild), (fields, noise) => {
      const value = { name: 'a', kernel: 'file:///k', ...fields, ...noise };
      const body = parseVmDocument(value, { document: 0, mode: 'body' });
      const patched = applyVmPatch({ name: 'a', kernel: 'file:///k' }, { ...fields, ...noise }, { document: 0 });
      if (!body.ok) assert.ok(body.offences.length > 0);
      if (!patched.ok) assert.ok(patched.offences.length > 0);
      for (const parsed of [body, patched]) {
        if (!parsed.ok) {
          JSON.stringify(parsed.offences);
          continue;
        }
        accepted += 1;
        const spec = resolveSpec(parsed.declared, given);
        assert.match(hashSpec(spec), /^sha256:[0-9a-f]{64}$/);
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(accepted > 100, `${accepted} accepted`);
});

test('the schema and the type of what a user declares have the same fields', () => {
  type Declared = Exclude<keyof DeclaredVm, 'name'>;
  const inSchema: Readonly<Record<Declared, unknown>> = desiredShape;
  const inType: readonly Declared[] = Object.keys(desiredShape) as (keyof typeof desiredShape)[];
  assert.deepEqual(Object.keys(inSchema), inType);
});

test('every field of a create is described, in the patch and in the answer too', () => {
  interface Json {
    readonly description?: string;
    readonly anyOf?: readonly Json[];
    readonly properties?: Readonly<Record<string, Json>>;
    readonly $ref?: string;
    readonly $defs?: Readonly<Record<string, Json>>;
  }
  for (const schema of [
    vmCreateSchema,
    vmPatchSchema,
    vmAnswerSchema(z.object({}).meta({ description: 'Observed state.' })),
  ]) {
    const json = z.toJSONSchema(schema) as Json;
    const defs = json.$defs ?? {};
    const follow = (one: Json): Json => (one.$ref === undefined ? one : (defs[one.$ref.replace('#/$defs/', '')] ?? {}));
    const root = follow(json);
    const described = (one: Json): boolean => {
      const target = follow(one);
      return Boolean(one.description ?? target.description) || (target.anyOf ?? []).some(described);
    };
    const properties = Object.entries(root.properties ?? {});
    assert.ok(properties.length >= 38);
    for (const [name, property] of properties) assert.ok(described(property), `${name} is described`);
  }
});
