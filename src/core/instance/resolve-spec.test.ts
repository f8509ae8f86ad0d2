import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deriveMac, resolveSpec } from './resolve-spec.ts';

const uid = '0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10';
const given = { uid, clusterArchitecture: 'amd64' } as const;

test('resolveSpec() of a name and a kernel has every default of spec §2', () => {
  assert.deepEqual(resolveSpec({ name: 'probe-1', kernel: 'file:///k' }, given), {
    cpuCores: 1,
    memoryMib: 512,
    cpuCoresMax: null,
    memoryMaxMib: null,
    imageUrl: null,
    imageSha256: null,
    imageFormat: null,
    kernel: 'file:///k',
    kernelSha256: null,
    initrd: null,
    initrdSha256: null,
    cmdline: null,
    diskGib: null,
    disks: [],
    nics: [{ name: 'eth0', network: 'user', mac: deriveMac(uid, 0), forwards: [] }],
    architecture: 'amd64',
    firmwareId: 'seabios',
    machine: 'q35',
    accel: 'auto',
    runtime: 'qemu',
    cloudInit: null,
    placement: { node: null, selector: {}, preferred: {}, affinityGroups: [] },
    restartPolicy: 'on_failure',
    nodeLossPolicy: 'pin',
    driftPolicy: 'correct',
    onUnresponsive: 'report',
    stop: { graceSeconds: 60, onTimeout: 'kill' },
    healthChecks: [],
    startAtBoot: true,
    bootOrder: 0,
    dependsOn: [],
    deletionProtection: false,
  });
});

test('resolveSpec() keeps an empty list of NICs empty and fills in forwards', () => {
  assert.deepEqual(resolveSpec({ name: 'a', nics: [] }, given).nics, []);
  const { nics } = resolveSpec(
    { name: 'a', nics: [{ mac: '52:54:00:AB:CD:EF', forwards: [{ guest_port: 22 }] }] },
    given,
  );
  assert.deepEqual(nics, [
    {
      name: 'eth0',
      network: 'user',
      mac: '52:54:00:ab:cd:ef',
      forwards: [{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 0, guestPort: 22 }],
    },
  ]);
});

test('derived MACs are stable, well formed and distinct within one VM', () => {
  assert.equal(deriveMac(uid, 0), deriveMac(uid, 0));
  fc.assert(
    fc.property(fc.uuid(), (some) => {
      const macs = Array.from({ length: 8 }, (_, index) => deriveMac(some, index));
      for (const mac of macs) assert.match(mac, /^52:54:00(:[0-9a-f]{2}){3}$/);
      assert.equal(new Set(macs).size, macs.length);
    }),
  );
});

test('derived MACs of 2000 VMs rarely collide', () => {
  const macs = new Set(
    Array.from({ length: 2000 }, (_, at) =>
      deriveMac(`0195a3c1-7a44-7c1e-9b1f-${at.toString(16).padStart(12, '0')}`, 0),
    ),
  );
  assert.ok(macs.size >= 1999, `${macs.size} distinct`);
});
