/** A change that is held up and taken back: the guest that runs goes on (ADR 14). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DesiredVm } from '../core/instance/desired.ts';
import type { VmSpec } from '../core/instance/spec.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { createTestNode, testImage, testSpec } from './testing/test-node.ts';

const newImage = 'https://images.example.org/new.raw';
const newBytes = new Uint8Array(256 * 1024).fill(5);

const order = (generation: number, more: Partial<DesiredVm> = {}, fields: Partial<VmSpec> = {}): DesiredVm => {
  const spec = testSpec({
    ...{ imageUrl: testImage, imageFormat: 'raw' as const, memoryMib: 128, memoryMaxMib: 512 },
    ...{ stop: { graceSeconds: 5, onTimeout: 'kill' as const }, ...fields },
  });
  return aDesired({ generation, spec, specHash: `sha256:${JSON.stringify(fields)}`, ...more });
};

/** Run 2 was asked for a change, which cannot come. */
async function heldUpNode() {
  const node = createTestNode();
  node.boot();
  node.assign(order(1));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const [process] = node.world.vmProcesses(testUid);
  node.assign(order(2, { run: 2, changeRuns: 1 }, { imageUrl: newImage }));
  await node.until((seen) => seen?.operationError?.reason.code === 'image_unavailable', 'held up');
  return { node, process };
}

test('a held-up change that is taken back leaves the guest running: in sync, without an error, as the newer run', async () => {
  for (const fields of [{}, { memoryMib: 256 }]) {
    const { node, process } = await heldUpNode();
    node.assign(order(3, { run: 2, changeRuns: 1 }, fields));
    await node.until((seen) => seen?.observedGeneration === 3, 'taken back', 200_000);
    await node.clock.advance(60_000);
    assert.deepEqual(node.world.vmProcesses(testUid), [process]);
    assert.deepEqual([node.seen()?.incarnation?.run, node.seen()?.operationError], [2, null]);
    assert.equal(node.events().filter((code) => code === 'change_taken_back').length, 1);
    node.assign(order(4, { run: 3, changeRuns: 0 }, fields));
    await node.until((seen) => seen?.observedGeneration === 4 && seen.incarnation?.run === 3, 'rebooted');
  }
});

test('a guest that fell silent is not stopped for a change that was taken back, and is kept when it answers', async () => {
  const { node, process } = await heldUpNode();
  node.world.faults = { ...node.world.faults, monitorSilent: () => true };
  await node.until((seen) => seen?.guest === 'silent', 'silent');
  node.assign(order(3, { run: 2, changeRuns: 1 }));
  await node.clock.advance(60_000);
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
  node.world.faults = { ...node.world.faults, monitorSilent: () => false };
  await node.until((seen) => seen?.observedGeneration === 3, 'kept');
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
});

test('F2 a guest that stays silent over a change that was taken back is restarted where on_unresponsive says so', async () => {
  const { node, process } = await heldUpNode();
  node.world.hang(testUid);
  await node.until((seen) => seen?.guest === 'silent', 'silent');
  const back = order(3, { run: 2, changeRuns: 1 });
  node.assign({ ...back, spec: { ...back.spec, onUnresponsive: 'restart' } });
  await node.clock.advance(280_000);
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
  await node.until((seen) => seen?.observedGeneration === 3, 'its five minutes are over', 60_000);
  assert.notDeepEqual(node.world.vmProcesses(testUid), [process]);
});

test('a reboot restarts though a change was taken back with it, and so does what is left of a change', async () => {
  const orders = [order(3, { run: 3, changeRuns: 0 }), order(3, { run: 2, changeRuns: 1 }, { cmdline: 'quiet' })];
  for (const next of orders) {
    const { node, process } = await heldUpNode();
    node.assign(next);
    await node.until((seen) => seen?.observedGeneration === 3, 'restarted', 200_000);
    assert.notDeepEqual(node.world.vmProcesses(testUid), [process]);
  }
});

test('a change that is taken back when the guest is asked to stop already restarts it, from its own disk', async () => {
  const { node, process } = await heldUpNode();
  const madeAs = node.world.instances.get(testUid)?.root?.madeAs;
  node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
  node.sources.put(newImage, newBytes);
  await node.until((seen) => seen?.incarnation?.state === 'stopping', 'condemned', 400_000);
  node.assign(order(3, { run: 2, changeRuns: 1 }));
  await node.until((seen) => seen?.observedGeneration === 3, 'started anew');
  assert.notDeepEqual(node.world.vmProcesses(testUid), [process]);
  assert.equal(node.world.instances.get(testUid)?.root?.madeAs, madeAs);
});

test('images of a change that was taken back are not kept for it', async () => {
  const { node } = await heldUpNode();
  const before = [...node.imageDisk.pins.keys()];
  const kernel = 'https://images.example.org/other-kernel';
  node.sources.put(kernel, new Uint8Array(4_096).fill(9));
  node.assign(order(3, { run: 2, changeRuns: 1 }, { kernel, imageUrl: newImage }));
  await node.clock.advanceUntil(() => node.imageDisk.pins.size > before.length, 400_000, 'its kernel was fetched');
  node.assign(order(4, { run: 2, changeRuns: 1 }));
  await node.until((seen) => seen?.observedGeneration === 4, 'taken back', 400_000);
  assert.deepEqual([...node.imageDisk.pins.keys()], before);
});
