import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runningSpec } from './running-spec.ts';
import type { NicSpec, VmSpec } from './spec.ts';
import { specIdentity } from './spec-identity.ts';
import { aSpec, someFacts } from './testing/builders.ts';

const gib = 1024 ** 3;
const eth0: NicSpec = {
  name: 'eth0',
  network: 'user',
  mac: '52:54:00:AA:00:01',
  forwards: [{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 0, guestPort: 80 }],
};
const liveEth0 = {
  name: 'eth0',
  mac: '52:54:00:aa:00:01',
  forwards: [{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 20_001, guestPort: 80 }],
} as const;
const aDisk = (name: string, sizeGib: number, fields: Partial<VmSpec['disks'][number]> = {}) => ({
  ...{ name, sizeGib, pool: 'default', ephemeral: false, readOnly: false },
  ...fields,
});

const hostPorts = { 'eth0/tcp:127.0.0.1:80': 20_001 };
const runs = (started: VmSpec, desired: VmSpec, facts: Parameters<typeof someFacts>[0]): VmSpec =>
  runningSpec({ started, facts: someFacts(facts), hostPorts }, desired);
const sameHash = (a: VmSpec, b: VmSpec): void => assert.deepEqual(specIdentity(a), specIdentity(b));

test('each change in place makes what runs what is wanted, once it is proven and not before (S11)', () => {
  const started = aSpec({ memoryMaxMib: 512, cpuCoresMax: 4, nics: [eth0], disks: [aDisk('b', 1), aDisk('a', 1)] });
  const before = { cpuCores: 1, memoryMib: 128, rootDiskBytes: gib, nics: [liveEth0] };
  const disks = [
    { name: 'b', sizeGib: 1 },
    { name: 'a', sizeGib: 1 },
  ];
  sameHash(runs(started, started, { ...before, disks }), started);
  const grown = [aDisk('a', 1), aDisk('b', 2, { ephemeral: true }), aDisk('new', 3, { readOnly: true })];
  const eth1 = { ...eth0, name: 'eth1', mac: '52:54:00:aa:00:02', forwards: [] };
  const wanted = aSpec({ ...started, memoryMib: 256, cpuCores: 2, diskGib: 2, disks: grown, nics: [eth1, eth0] });
  const halfway = runs(started, wanted, { ...before, memoryMib: 256, disks });
  assert.notDeepEqual(specIdentity(halfway), specIdentity(wanted));
  assert.notDeepEqual(specIdentity(halfway), specIdentity(started));
  const proven = {
    ...{ cpuCores: 2, memoryMib: 256, rootDiskBytes: 2 * gib },
    disks: grown.map(({ name, sizeGib }) => ({ name, sizeGib })),
    nics: [liveEth0, { name: 'eth1', mac: eth1.mac, forwards: [] }],
  };
  sameHash(runs(started, wanted, proven), wanted);
});

test('a field that waits for the next start keeps what runs as it was started, in its spelling', () => {
  const started = aSpec({ nics: [eth0], disks: [aDisk('a', 1)] });
  const facts = { cpuCores: 1, memoryMib: 128, disks: [{ name: 'a', sizeGib: 1 }], nics: [liveEth0] };
  const waiting: readonly Partial<VmSpec>[] = [
    { cmdline: 'quiet' },
    { memoryMib: 4096 },
    { nics: [{ ...eth0, mac: '52:54:00:bb:00:01' }] },
    { nics: [] },
    { disks: [aDisk('a', 1, { readOnly: true })] },
  ];
  for (const fields of waiting) {
    const there = runs(started, aSpec({ ...started, ...fields }), facts);
    sameHash(there, started);
  }
});

test('without facts what runs is what was started', () => {
  const started = aSpec();
  assert.equal(runningSpec({ started, facts: null, hostPorts: {} }, aSpec({ memoryMib: 256 })), started);
});
