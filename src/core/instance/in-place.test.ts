import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inPlaceChanges, inPlaceSpec } from './in-place.ts';
import type { DiskSpec, NicSpec } from './spec.ts';
import { aSpec, someFacts } from './testing/builders.ts';

const aDisk = (name: string): DiskSpec => ({ name, sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false });
const aNic = (name: string, mac: string): NicSpec => ({ name, network: 'user', mac, forwards: [] });
const fields = (spec: Parameters<typeof aSpec>[0], facts: Parameters<typeof someFacts>[0]) =>
  inPlaceChanges(aSpec(spec), someFacts(facts), {});

test('cores and memory change in place within what the process was started with, and not a step beyond', () => {
  const facts = { cpuCoresMax: 4, memoryMaxMib: 512, memoryMinMib: 96 };
  assert.deepEqual(fields({ cpuCores: 4, memoryMib: 512 }, facts), ['cpu_cores', 'memory_mib']);
  assert.deepEqual(fields({ cpuCores: 5, memoryMib: 513 }, facts), []);
  assert.deepEqual(fields({ memoryMib: 96 }, facts), ['memory_mib']);
  assert.deepEqual(fields({ memoryMib: 95 }, facts), []);
});

test('disks and NICs share the slots that are free, disks first; what finds none waits for the next start', () => {
  const spec = aSpec({ disks: [aDisk('a'), aDisk('b')], nics: [aNic('n', '52:54:00:00:00:01')] });
  const plugged = (freePorts: number) => {
    const facts = someFacts({ freePorts });
    const { disks, nics } = inPlaceSpec(spec, facts, inPlaceChanges(spec, facts, {}));
    return [...disks, ...nics].map(({ name }) => name);
  };
  assert.deepEqual([plugged(0), plugged(1), plugged(2), plugged(3)], [[], ['a'], ['a', 'b'], ['a', 'b', 'n']]);
});

test('a NIC with the address of one that goes with the next start waits for it: no two of one address', () => {
  const mac = '52:54:00:00:00:01';
  assert.deepEqual(fields({ nics: [aNic('new', mac)] }, { nics: [{ name: 'old', mac, forwards: [] }] }), []);
});
