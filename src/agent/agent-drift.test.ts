/** What the drift policy lets the agent do with a guest that was paused by hand, whatever else is under way (S11). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DesiredVm } from '../core/instance/desired.ts';
import type { VmSpec } from '../core/instance/spec.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { createTestNode, testImage, testSpec } from './testing/test-node.ts';

const newImage = 'https://images.example.org/new.raw';

const order = (number: number, fields: Partial<VmSpec>, more: Partial<DesiredVm> = {}): DesiredVm => {
  const spec = testSpec({ imageUrl: testImage, imageFormat: 'raw', ...fields });
  return aDesired({ generation: number, run: number, spec, specHash: `sha256:${spec.imageUrl}`, ...more });
};

async function heldUpNode(driftPolicy: VmSpec['driftPolicy']) {
  const node = createTestNode();
  node.boot();
  node.assign(order(1, { driftPolicy }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.assign(order(2, { driftPolicy, imageUrl: newImage }));
  await node.until((seen) => seen?.operationError?.reason.code === 'image_unavailable', 'held up');
  node.world.guestIsPaused(testUid);
  return node;
}

test('S11 a guest paused by hand while its newer run is held up is let go, or only reported under drift_policy detect', async () => {
  for (const driftPolicy of ['correct', 'detect'] as const) {
    const node = await heldUpNode(driftPolicy);
    await node.clock.advance(60_000);
    node.kill();
    node.boot();
    await node.clock.advance(60_000);
    assert.equal(node.seen()?.guest, driftPolicy === 'correct' ? 'running' : 'paused', driftPolicy);
  }
});

test('F1 a held-up run goes on being tried, and comes, while a guest paused by hand is only reported', async () => {
  const node = await heldUpNode('detect');
  await node.clock.advance(10_000);
  node.sources.put(newImage, new Uint8Array(256 * 1024).fill(5));
  await node.until((seen) => seen?.observedGeneration === 2, 'replaced', 400_000);
  assert.equal(node.seen()?.guest, 'running');
});

test('under drift_policy detect, resume lets go a guest that was paused by hand while its newer run is held up', async () => {
  const node = await heldUpNode('detect');
  await node.until((seen) => seen?.guest === 'paused', 'found paused');
  node.assign(order(3, { driftPolicy: 'detect', imageUrl: newImage }, { run: 2 }));
  await node.until((seen) => seen?.guest === 'running', 'resumed', 1_000);
});

test('a guest that its user paused is paused again after its process was killed, under any drift policy', async () => {
  for (const driftPolicy of ['correct', 'detect'] as const) {
    const node = createTestNode();
    node.boot();
    node.assign(order(1, { driftPolicy }, { desiredPaused: true }));
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    const first = node.seen()?.incarnation?.id;
    const [process] = node.world.vmProcesses(testUid);
    assert.ok(process !== undefined);
    node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
    await node.until((seen) => seen?.incarnation?.id !== first && seen?.guest === 'paused', `paused, ${driftPolicy}`);
  }
});

test('S11 what is changed by hand again, after it was corrected, is told again', async () => {
  const forward = { protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8_080, guestPort: 80 } as const;
  const nics = [{ name: 'eth0', network: 'user', mac: '52:54:00:00:00:01', forwards: [forward] }];
  const node = createTestNode();
  node.boot();
  node.assign(order(1, { nics }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  assert.ok(vm);
  const wanted = vm.nics;
  for (let times = 1; times <= 3; times += 1) {
    vm.nics = wanted.map((nic) => ({ ...nic, forwards: [] }));
    await node.clock.advance(120_000);
    assert.deepEqual(vm.nics, wanted, 'corrected');
    assert.equal(node.events().filter((code) => code === 'drift_corrected').length, times);
  }
});

test('S11 what is only reported under drift_policy detect is told once each time that it comes about, with what differs', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(order(1, { driftPolicy: 'detect' }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const vm = node.world.vmProcesses(testUid)[0]?.vm;
  assert.ok(vm);
  const told = () =>
    node.plane.reports.flatMap(({ events }) =>
      events.flatMap(({ code, message }) => (code === 'drift_detected' ? message : [])),
    );
  const wanted = vm.memoryMib;
  for (let times = 1; times <= 2; times += 1) {
    vm.memoryMib = wanted - 32;
    await node.clock.advance(120_000);
    assert.equal(told().length, times);
    vm.memoryMib = wanted;
    await node.clock.advance(120_000);
  }
  vm.memoryMib = wanted - 32;
  node.world.guestIsPaused(testUid);
  await node.clock.advance(120_000);
  node.kill();
  node.boot();
  await node.clock.advance(120_000);
  const memory = 'VM "web-1": changed by hand: memory_mib; drift_policy detect leaves it as it is';
  const both = 'VM "web-1": changed by hand: desired_paused, memory_mib; drift_policy detect leaves it as it is';
  assert.deepEqual(told(), [memory, memory, both, both], 'another agent knows not what was told');
});
