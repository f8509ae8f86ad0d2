import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CloudInitSpec, DiskSpec, NicSpec, VmSpec } from '../instance/spec.ts';
import { aSpec } from '../instance/testing/builders.ts';
import { costTable } from './cost-table.ts';
import { type ApplyMode, decideApplyMode } from './decide-apply-mode.ts';
import { type LiveHeadroom, planChange } from './plan-change.ts';
import type { PlannedChange, PlannedValue } from './planned-change.ts';

const goldenFile = new URL('./golden/plan-change.txt', import.meta.url);

const aDisk = (fields: Partial<DiskSpec> = {}): DiskSpec => ({
  ...{ name: 'data', sizeGib: 2, pool: 'default', ephemeral: false, readOnly: false },
  ...fields,
});
const aNic = (fields: Partial<NicSpec> = {}): NicSpec => ({
  ...{ name: 'eth0', network: 'user', mac: '52:54:00:00:00:01', forwards: [] },
  ...fields,
});
const aCloudInit = (fields: Partial<CloudInitSpec> = {}): CloudInitSpec => ({
  ...{ userData: 'secret-one', networkConfig: null, sshAuthorizedKeys: [], hostname: null },
  ...fields,
});
const forward = { protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8080, guestPort: 80 } as const;

const base = aSpec({
  imageUrl: 'https://images.example.org/a.qcow2',
  imageFormat: 'qcow2',
  diskGib: 4,
  disks: [aDisk(), aDisk({ name: 'logs' })],
  nics: [aNic(), aNic({ name: 'eth1', mac: '52:54:00:00:00:02' })],
  cloudInit: aCloudInit(),
});
const live: LiveHeadroom = {
  cpuCores: 1,
  memoryMib: 128,
  cpuCoresMax: 4,
  memoryMaxMib: 512,
  memoryMinMib: 96,
  freePorts: 2,
  disks: [...base.disks, aDisk({ name: 'removed', sizeGib: 2 })],
};

type Case = readonly [from: Partial<VmSpec>, to: Partial<VmSpec>];

/** At least one change of every field; the compiler asks for each. */
const cases: { readonly [Key in keyof VmSpec]: readonly Case[] } = {
  cpuCores: [
    [{}, { cpuCores: 4 }],
    [{}, { cpuCores: 5 }],
    [{ cpuCores: 3 }, { cpuCores: 4 }],
    [{ cpuCores: 2 }, { cpuCores: 1 }],
  ],
  memoryMib: [
    [{}, { memoryMib: 512 }],
    [{}, { memoryMib: 513 }],
    [{}, { memoryMib: 96 }],
    [{}, { memoryMib: 95 }],
  ],
  cpuCoresMax: [[{}, { cpuCoresMax: 8 }]],
  memoryMaxMib: [[{}, { memoryMaxMib: 1024 }]],
  imageUrl: [
    [{}, { imageUrl: 'https://images.example.org/b.qcow2' }],
    [{}, { imageUrl: 'https://images.example.org/b.qcow2', diskGib: 2 }],
    [{ imageUrl: null, imageFormat: null, diskGib: null }, {}],
    [{}, { imageUrl: null, imageFormat: null, diskGib: null }],
  ],
  imageSha256: [[{}, { imageSha256: 'a'.repeat(64) }]],
  imageFormat: [[{}, { imageFormat: 'raw' }]],
  kernel: [[{}, { kernel: 'file:///images/other' }]],
  kernelSha256: [[{}, { kernelSha256: 'b'.repeat(64) }]],
  initrd: [[{}, { initrd: 'file:///images/initrd' }]],
  initrdSha256: [[{}, { initrdSha256: 'c'.repeat(64) }]],
  cmdline: [[{}, { cmdline: 'quiet' }]],
  diskGib: [
    [{}, { diskGib: 5 }],
    [{}, { diskGib: 3 }],
    [{ diskGib: null }, {}],
    [{}, { diskGib: null }],
  ],
  disks: [
    [{}, { disks: [aDisk({ sizeGib: 3 }), aDisk({ name: 'logs', sizeGib: 1 })] }],
    [{}, { disks: [...base.disks, aDisk({ name: 'more' })] }],
    [{}, { disks: [...base.disks, aDisk({ name: 'b' }), aDisk({ name: 'c' }), aDisk({ name: 'd' })] }],
    [{}, { disks: [...base.disks, aDisk({ name: 'removed' })] }],
    [{}, { disks: [...base.disks, aDisk({ name: 'removed', sizeGib: 3 })] }],
    [{}, { disks: [...base.disks, aDisk({ name: 'removed', sizeGib: 1 })] }],
    [{ machine: 'microvm' }, { machine: 'microvm', disks: [...base.disks, aDisk({ name: 'more' })] }],
    [{}, { disks: [aDisk({ name: 'logs' })] }],
    [{}, { disks: [aDisk({ name: 'logs' }), aDisk()] }],
    [{}, { disks: [aDisk({ pool: 'fast', ephemeral: true, readOnly: true }), aDisk({ name: 'logs' })] }],
  ],
  nics: [
    [{}, { nics: [aNic({ forwards: [forward] }), ...base.nics.slice(1)] }],
    [{}, { nics: [aNic({ mac: '52:54:00:00:00:03', network: 'lan' }), ...base.nics.slice(1)] }],
    [{}, { nics: [...base.nics, aNic({ name: 'eth2' })] }],
    [{}, { nics: [...base.nics, aNic({ name: 'b' }), aNic({ name: 'c' }), aNic({ name: 'd' })] }],
    [
      {},
      { disks: [...base.disks, aDisk({ name: 'b' })], nics: [...base.nics, aNic({ name: 'c' }), aNic({ name: 'd' })] },
    ],
    [
      { machine: 'microvm', nics: [] },
      { machine: 'microvm', nics: [aNic()] },
    ],
    [{}, { nics: base.nics.slice(1) }],
    [{}, { nics: base.nics.toReversed() }],
  ],
  architecture: [[{}, { architecture: 'arm64' }]],
  firmwareId: [[{}, { firmwareId: 'ovmf' }]],
  machine: [[{}, { machine: 'microvm' }]],
  accel: [[{}, { accel: 'tcg' }]],
  runtime: [[{}, { runtime: 'cloud_hypervisor' }]],
  cloudInit: [
    [{}, { cloudInit: aCloudInit({ userData: 'secret-two', hostname: 'h' }) }],
    [{}, { cloudInit: null }],
    [{ cloudInit: null }, { cloudInit: aCloudInit({ userData: null }) }],
    [{}, { cloudInit: aCloudInit({ networkConfig: 'secret psk', sshAuthorizedKeys: ['ssh-ed25519 A'] }) }],
  ],
  placement: [
    [
      {},
      {
        placement: {
          node: 'node-2',
          selector: { 'example.org/diskType': 'ssd' },
          preferred: {},
          affinityGroups: ['web'],
        },
      },
    ],
  ],
  restartPolicy: [[{}, { restartPolicy: 'always' }]],
  nodeLossPolicy: [[{}, { nodeLossPolicy: 'restart_elsewhere' }]],
  driftPolicy: [[{}, { driftPolicy: 'detect' }]],
  onUnresponsive: [[{}, { onUnresponsive: 'restart' }]],
  stop: [[{}, { stop: { graceSeconds: 5, onTimeout: 'fail' } }]],
  healthChecks: [
    [
      {},
      {
        healthChecks: [
          { name: 'a', probe: { kind: 'tcp', port: 1 }, intervalSeconds: 10, timeoutSeconds: 2, retries: 3 },
        ],
      },
    ],
  ],
  startAtBoot: [[{}, { startAtBoot: false }]],
  bootOrder: [[{}, { bootOrder: 1 }]],
  dependsOn: [[{}, { dependsOn: ['db'] }]],
  deletionProtection: [[{}, { deletionProtection: true }]],
};

const words = (value: PlannedValue): string => (value.kind === 'hidden' ? '<hidden>' : JSON.stringify(value.value));

function renderChange({ field, from, to, cost, because, destroys }: PlannedChange): string {
  const lost = destroys.length === 0 ? '' : ` destroys ${destroys.join(', ')}`;
  return `${field}: ${words(from)} → ${words(to)}: ${cost} (${because})${lost}`;
}

function renderMode(mode: ApplyMode): string {
  if (mode.kind === 'accept')
    return `accept${mode.bumpRun ? ', run + 1' : ''}${mode.defer ? ', deferred' : ''}${mode.joinsRestart ? ', with the restart asked for' : ''}`;
  return `refuse ${mode.code}${mode.code === 'would_destroy_data' ? ` (${mode.disks.join(', ')})` : ''}`;
}

test('planChange() gives the golden cost of a change of every field, for a live and for a stopped VM', () => {
  const lines: string[] = [];
  for (const key of Object.keys(costTable) as (keyof VmSpec)[]) {
    lines.push(costTable[key].field);
    for (const [fromFields, toFields] of cases[key]) {
      const [from, to] = [
        { ...base, ...fromFields },
        { ...base, ...toFields },
      ];
      const freePorts = from.machine === 'microvm' ? 0 : live.freePorts;
      const reported = { ...live, cpuCores: from.cpuCores, memoryMib: from.memoryMib, freePorts };
      const whenLive = planChange(from, to, reported).map(renderChange);
      const whenStopped = planChange(from, to, null).map(renderChange);
      assert.ok(whenLive.length > 0, `${key} has a case without a change`);
      lines.push(...whenLive.map((line, index) => `  ${index === 0 ? '-' : ' '} ${line}`));
      whenStopped.forEach((line, index) => {
        if (line !== whenLive[index]) lines.push(`    when stopped: ${line}`);
      });
    }
  }
  const text = `${lines.join('\n')}\n`;
  if (process.argv.includes('--update-golden')) writeFileSync(goldenFile, text);
  assert.equal(text, readFileSync(goldenFile, 'utf8'));
});

test('a disk that is taken back needs no port: a NIC beside it gets the last one', () => {
  const nic = aNic({ name: 'eth2', mac: '52:54:00:00:00:03' });
  const to = { ...base, disks: [...base.disks, aDisk({ name: 'removed', sizeGib: 2 })], nics: [...base.nics, nic] };
  const plan = planChange(base, to, { ...live, freePorts: 1 });
  assert.deepEqual(
    plan.map(({ field, because }) => [field, because]),
    [
      ['disks[2]', 'taken_back'],
      ['nics[2]', 'plugged_in_place'],
    ],
  );
});

test('a disk that is taken back as another kind of disk than is attached waits for the next start', () => {
  const to = { ...base, disks: [...base.disks, aDisk({ name: 'removed', sizeGib: 2, readOnly: true })] };
  const [change] = planChange(base, to, live);
  assert.equal(change?.cost, 'restart');
});

test('a disk that waits for a port is plugged before one that is added after it', () => {
  const from = { ...base, disks: [...base.disks, aDisk({ name: 'waits' })] };
  const to = { ...from, disks: [...from.disks, aDisk({ name: 'new' })] };
  const [change] = planChange(from, to, { ...live, freePorts: 1 });
  assert.equal(change?.because, 'no_free_port');
});

const briefly = (plan: readonly PlannedChange[]): readonly string[] =>
  plan.map(({ field, cost, because, destroys }) => [field, cost, because, ...destroys].join(' '));

test('the image that runs is taken back without loss, whatever was declared meanwhile and never came (ADR 14)', () => {
  const pending = { ...base, imageUrl: 'https://images.example.org/none.raw', imageFormat: 'raw', diskGib: 8 } as const;
  const deferred = { ...live, spec: base };
  const back = ['image_url', 'image_format', 'disk_gib'];
  assert.deepEqual(
    briefly(planChange(pending, base, deferred)),
    back.map((field) => `${field} none taken_back`),
  );
  assert.deepEqual(
    briefly(planChange(pending, base, { ...deferred, restartAsked: true })),
    back.map((field) => `${field} restart restart_asked_before`),
  );
  const lost = back.map((field) => `${field} replace root_disk_made_anew root`);
  assert.deepEqual(briefly(planChange(pending, base, live)), lost, 'nobody knows what runs');
  const other = { ...base, imageSha256: 'a'.repeat(64) };
  const [url, digest] = planChange(pending, other, deferred);
  assert.deepEqual([url?.cost, digest?.cost], ['replace', 'replace'], 'the same URL with another digest');
});

test('a root disk that is kept has the size that it has: it grows in place, and a smaller one is refused', () => {
  const pending = { ...base, imageUrl: 'https://images.example.org/none.qcow2', diskGib: 2 };
  const size = (diskGib: number) => {
    const plan = planChange({ ...pending, diskGib }, { ...base, diskGib }, { ...live, spec: base });
    return plan.filter(({ field }) => field === 'disk_gib').map(renderChange);
  };
  assert.deepEqual(size(2), ['disk_gib: 4 → 2: refused (disks_never_shrink)']);
  assert.deepEqual(size(4), []);
  assert.deepEqual(size(5), ['disk_gib: 4 → 5: in_place (grows_in_place)']);
});

test('a deferred change that is taken back before the next start restarts nothing, in every field that would', () => {
  const fields = [
    'cpuCoresMax',
    'memoryMaxMib',
    'firmwareId',
    'machine',
    'accel',
    'kernel',
    'cmdline',
    'nics',
    'cloudInit',
  ] as const;
  for (const key of fields) {
    for (const [fromFields, toFields] of cases[key]) {
      const [from, to] = [
        { ...base, ...fromFields },
        { ...base, ...toFields },
      ];
      const plan = planChange(to, from, { ...live, disks: from.disks, spec: from });
      const back = plan.filter(({ field }) => field.startsWith(costTable[key].field));
      assert.ok(
        back.length > 0 && back.every(({ cost }) => cost === 'none' || cost === 'in_place'),
        back.map(renderChange).join('\n'),
      );
    }
  }
});

test('decideApplyMode() gives the golden answer for every cost and consent', () => {
  const goldenModes = new URL('./golden/apply-mode.txt', import.meta.url);
  const changes: Readonly<Record<string, Partial<VmSpec>>> = {
    nothing: {},
    'restart_policy (none)': { restartPolicy: 'always' },
    'memory_mib 512 (in place)': { memoryMib: 512 },
    'cmdline (restart)': { cmdline: 'quiet' },
    'image_url (replace)': { imageUrl: 'https://images.example.org/b.qcow2' },
    'disks[0] removed': { disks: base.disks.slice(1) },
    'image_url and disks[0] removed': { imageUrl: 'https://images.example.org/b.qcow2', disks: base.disks.slice(1) },
    'disk_gib smaller (refused), cmdline': { diskGib: 3, cmdline: 'quiet' },
    'memory_mib 512 and cmdline': { memoryMib: 512, cmdline: 'quiet' },
  };
  const lines: string[] = [];
  // The last is running while a restart that was asked for before is still to come.
  const states = [
    ['running', true, false],
    ['stopped', false, false],
    ['held up', true, true],
  ] as const;
  for (const [name, fields] of Object.entries(changes)) {
    lines.push(name);
    for (const [state, running, restartAsked] of states) {
      for (const onRestart of ['refuse', 'restart', 'defer'] as const) {
        for (const allowReplace of [false, true]) {
          const plan = planChange(base, { ...base, ...fields }, running ? live : null);
          const mode = decideApplyMode(plan, { running, restartAsked, onRestart, allowReplace });
          const replace = allowReplace ? ', allow_replace' : '';
          const given = `${state}, on_restart ${onRestart}${replace}`;
          lines.push(`  ${given.padEnd(45)}${renderMode(mode)}`);
        }
      }
    }
  }
  const text = `${lines.join('\n')}\n`;
  if (process.argv.includes('--update-golden')) writeFileSync(goldenModes, text);
  assert.equal(text, readFileSync(goldenModes, 'utf8'));
});

test('a plan never holds an empty difference, and never a secret of cloud-init', () => {
  const every = Object.values(cases).flat();
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...every), { maxLength: 6 }), fc.boolean(), (picked, isLive) => {
      const from: VmSpec = Object.assign({}, base, ...picked.map(([fields]) => fields));
      const to: VmSpec = Object.assign({}, base, ...picked.map(([, fields]) => fields));
      for (const change of planChange(from, to, isLive ? live : null)) {
        assert.ok(change.from.kind === 'hidden' || words(change.from) !== words(change.to), renderChange(change));
        assert.ok(!JSON.stringify(change).includes('secret'));
      }
      assert.deepEqual(planChange(to, to, live), []);
    }),
  );
});

test('a disk that is taken back costs the worst of what differs: it never shrinks beside a change in place', () => {
  const removed = { ...live, disks: [...base.disks, aDisk({ name: 'removed', sizeGib: 4 })] };
  const costOf = (fields: Partial<DiskSpec>) =>
    planChange(
      base,
      { ...base, disks: [...base.disks, aDisk({ name: 'removed', sizeGib: 4, ...fields })] },
      removed,
    ).map(({ cost, because }) => [cost, because]);
  assert.deepEqual(costOf({ sizeGib: 2, readOnly: true }), [['refused', 'disks_never_shrink']]);
  assert.deepEqual(costOf({ sizeGib: 8, readOnly: true }), [['restart', 'needs_new_process']]);
  assert.deepEqual(costOf({ sizeGib: 8 }), [['in_place', 'grows_in_place']]);
  assert.deepEqual(costOf({}), [['none', 'taken_back']]);
});

test('the loss of a disk needs consent also where the guest that runs has it not attached', () => {
  const there = { ...base, disks: base.disks.slice(0, 1) };
  const [planned] = planChange(base, there, { ...live, disks: there.disks, spec: there });
  assert.deepEqual([planned?.cost, planned?.destroys], ['restart', ['logs']]);
});

test('a change of one field plans no other, whatever the root disk of the guest that runs has become', () => {
  const there = { ...base, diskGib: 2 };
  const planned = planChange(base, { ...base, cpuCores: 2 }, { ...live, spec: there });
  assert.deepEqual(
    planned.map(({ field }) => field),
    ['cpu_cores'],
  );
});
