/** Rule 12: an order in words of a newer control plane holds its own instance, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { asUid } from '../core/kit/brand.ts';
import type { UnreadableOrder } from '../core/node/assignment.ts';
import { anAssignment } from '../ports/testing/control-link-samples.ts';
import { createTestNode, type TestNode, testSpec } from './testing/test-node.ts';

const otherUid = asUid('0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c11');
const web = (generation = 1) => aDesired({ spec: testSpec(), generation });
const other = (generation = 1) => aDesired({ uid: otherUid, name: 'web-2', spec: testSpec(), generation });
const because = 'phase is not known to this version: this agent is older';
const unreadable: UnreadableOrder = { uid: testUid, name: 'web-1', because };

const assign = (node: TestNode, revision: number, instances: readonly ReturnType<typeof web>[], held = [unreadable]) =>
  node.plane.publish({ ...anAssignment(revision, instances), unreadable: held });

const inSync = (node: TestNode, uid = testUid, generation = 1) =>
  node.clock.advanceUntil(() => node.seen(uid)?.observedGeneration === generation, 60_000, `${uid} in sync`);

/** A node whose guest runs, and whose newest order of it cannot be read. */
async function heldNode(options: Parameters<typeof createTestNode>[0] = {}) {
  const node = createTestNode(options);
  node.boot();
  assign(node, 1, [web()], []);
  await inSync(node);
  const [process] = node.world.vmProcesses(testUid);
  assert.ok(process !== undefined);
  assign(node, 2, [other()]);
  await inSync(node, otherUid);
  return { node, process };
}

test('an order that cannot be read leaves its guest as it is and is told, while all others converge', async () => {
  for (const unknownInstances of ['report', 'adopt', 'destroy'] as const) {
    const { node, process } = await heldNode({ config: { unknownInstances } });
    await node.clock.advance(1_000_000);
    assert.deepEqual(node.world.vmProcesses(testUid), [process]);
    assert.deepEqual(node.plane.reports.at(-1)?.unassigned, [], 'it is named');
    assert.equal(node.events().filter((code) => code === 'unreadable_order').length, 1, 'told once');
    assert.equal(node.seen()?.seenGeneration, 1);
    assign(node, 3, [other(2)]);
    await inSync(node, otherUid, 2);
  }
});

test('F5 a guest whose newer order cannot be read is not started again, and its end is told', async () => {
  const { node, process } = await heldNode();
  node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  await node.until((seen) => seen?.failure?.reason.code === 'hypervisor_exited', 'told');
  node.kill();
  node.unplug();
  node.boot();
  await node.clock.advance(1_000_000);
  assert.equal(node.liveCount(), 0);
});

test('an instance whose first order cannot be read is not made, and is gone when the assignment ceases to name it', async () => {
  const node = createTestNode({ config: { unknownInstances: 'destroy' } });
  node.boot();
  assign(node, 1, [other()]);
  await inSync(node, otherUid);
  assign(node, 2, [other(2)], []);
  await inSync(node, otherUid, 2);
  assert.equal(node.liveCount(), 0);
  assert.deepEqual(node.plane.reports.at(-1)?.unassigned, []);
});

test('a start in flight is given up for a newer order that cannot be read', async () => {
  const node = createTestNode();
  node.boot();
  node.sources.hold(testSpec().kernel ?? '');
  assign(node, 1, [web()], []);
  await node.until((seen) => seen?.waiting?.for === 'image_download', 'fetching');
  assign(node, 2, [other()]);
  await node.clock.advance(60_000);
  assert.equal(node.imageDisk.temporary.size, 1, 'only that of the other');
  assert.equal(node.liveCount(), 0);
});

test('an agent that can read it asks for the whole set again, and carries it out', async () => {
  const { node } = await heldNode();
  node.kill();
  // The new agent reads the same revision.
  node.plane.publish({ ...anAssignment(2, [web(2), other()]) });
  node.boot();
  await inSync(node, testUid, 2);
  assert.equal(node.seen()?.incarnation?.run, 1);
});

test('an order that can be read again is carried out though it is the last one that could', async () => {
  const { node, process } = await heldNode();
  node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
  await node.until((seen) => seen?.failure !== null, 'told');
  assign(node, 3, [web(), other()], []);
  await node.clock.advanceUntil(() => node.liveCount() === 1, 60_000, 'started again');
});

test('what the assignment ceases to name is unassigned, also when its last order could not be read', async () => {
  const { node, process } = await heldNode({ config: { unknownInstances: 'adopt' } });
  assign(node, 3, [other()], []);
  await node.clock.advanceUntil(() => node.plane.reports.at(-1)?.unassigned.length === 1, 60_000, 'unassigned');
  const [item] = node.plane.reports.at(-1)?.unassigned ?? [];
  assert.deepEqual([item?.uid, item?.order], [testUid, null], 'an order that is not the last is not offered');
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
});

test('a verb on a VM whose order cannot be read says that the node cannot read it, and why', async () => {
  const { node } = await heldNode();
  const answer = node.plane.node().converge(testUid, 2, new AbortController().signal);
  answer.catch(() => undefined);
  await node.clock.advance(3_000);
  await assert.rejects(answer, {
    code: 'unreadable_order',
    message: `Cannot carry out the order of VM "web-1", which its node cannot read: ${because}`,
  });
});
