/** A store that knows less than the node, restored from a backup or not known before: no disk is lost to what it orders. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../adapters/store/memory.ts';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import type { JsonObject } from '../core/kit/json.ts';
import type { AssignmentRevision } from '../core/node/assignment.ts';
import { anAssignment } from '../ports/testing/control-link-samples.ts';
import { recordKey } from './journal/journal.ts';
import { createTestNode, type TestNode, testImage, testSpec } from './testing/test-node.ts';

type Order = ReturnType<typeof aDesired>;

const newImage = 'https://images.example.org/new.raw';
const thirdImage = 'https://images.example.org/third.raw';
const because = 'phase is not known to this version: this agent is older';

const withImage = (imageUrl: string) => testSpec({ imageUrl, imageFormat: 'raw' });
const orderOf = (generation: number, fields: Partial<Order>) =>
  aDesired({ generation, run: generation, specHash: `sha256:${generation}`, ...fields });
const imageOrder = (generation: number, imageUrl: string, fields: Partial<Order> = {}) =>
  orderOf(generation, { spec: withImage(imageUrl), ...fields });
const aDisk = (name: string) => ({ name, sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false });
const publish = (node: TestNode, at: AssignmentRevision, ...orders: readonly Order[]) =>
  node.plane.publish({ ...anAssignment(at.revision, orders), at });
const synced = (node: TestNode, generation: number) =>
  node.until((seen) => seen?.observedGeneration === generation, `generation ${generation} is realised`);
const refused = (node: TestNode, generation: number) =>
  node.until((seen) => seen?.failure?.generation === generation, `generation ${generation} is refused`);
const rootOf = (node: TestNode) => node.world.instances.get(testUid)?.root ?? null;

/** A node whose root disk was made from one image and then, as its user agreed to, from another. */
async function replacedNode(options: Parameters<typeof createTestNode>[0] = {}) {
  const node = createTestNode(options);
  node.sources.put(newImage, new Uint8Array(64 * 1024).fill(9));
  node.sources.put(thirdImage, new Uint8Array(64 * 1024).fill(11));
  node.boot();
  publish(node, { epoch: 1, revision: 1 }, imageOrder(1, testImage));
  await synced(node, 1);
  publish(node, { epoch: 1, revision: 2 }, imageOrder(2, newImage));
  await synced(node, 2);
  const root = rootOf(node);
  assert.ok(root !== null);
  return { node, root };
}

/** The same after the store was restored from before the change, and its guest was to start. */
async function keptNode() {
  const { node, root } = await replacedNode();
  publish(node, { epoch: 2, revision: 1 }, imageOrder(1, testImage, { run: 2 }));
  await node.clock.advance(10_000);
  publish(node, { epoch: 2, revision: 2 }, imageOrder(3, testImage, { run: 2, desiredPhase: 'stopped' }));
  await synced(node, 3);
  publish(node, { epoch: 2, revision: 3 }, imageOrder(4, testImage));
  await refused(node, 4);
  return { node, root };
}

test('a restored store that names the image before costs no root disk: a start is refused, and says how to go on', async () => {
  const { node, root } = await keptNode();
  const reason = node.seen()?.failure?.reason;
  assert.equal(reason?.code, 'volume_unavailable');
  assert.match(reason.message, /made from https:\/\/images\.example\.org\/new\.raw/);
  assert.match(reason.message, /https:\/\/images\.example\.org\/disk\.raw/);
  assert.match(String(reason.details['next_action']), /image_url/);
  node.kill();
  node.boot();
  await node.clock.advance(1_000_000);
  assert.deepEqual(rootOf(node), root, 'however often it is tried, also by the next life of the agent');
  assert.equal(node.liveCount(), 0);
});

test('a root disk that was kept from a restored store boots again once its own image is named', async () => {
  const { node, root } = await keptNode();
  publish(node, { epoch: 2, revision: 4 }, imageOrder(5, newImage));
  await synced(node, 5);
  assert.deepEqual(rootOf(node), root);
  assert.equal(node.seen()?.guest, 'running');
});

test('a root disk that was kept from a restored store is made anew when its user agrees to another image after it', async () => {
  const { node, root } = await keptNode();
  publish(node, { epoch: 2, revision: 4 }, imageOrder(5, thirdImage));
  await synced(node, 5);
  assert.notEqual(rootOf(node)?.madeAs, root.madeAs);
  const third = rootOf(node);
  publish(node, { epoch: 2, revision: 5 }, imageOrder(6, testImage));
  await synced(node, 6);
  assert.notEqual(rootOf(node)?.madeAs, third?.madeAs, 'and again later, as anybody else');
});

test('a guest that runs from a root disk that a restored store does not know is not stopped for a start that would be refused', async () => {
  const { node, root } = await replacedNode();
  const [process] = node.world.vmProcesses(testUid);
  publish(node, { epoch: 2, revision: 1 }, imageOrder(1, testImage, { run: 2 }));
  await node.clock.advance(10_000);
  publish(node, { epoch: 2, revision: 2 }, imageOrder(3, testImage));
  await node.until((seen) => seen?.operationError?.reason.code === 'volume_unavailable', 'told');
  await node.clock.advance(1_000_000);
  assert.deepEqual(node.world.vmProcesses(testUid), [process]);
  assert.deepEqual(rootOf(node), root);
});

test('a restored store that does not know of the image and is then told of another one costs no root disk', async () => {
  const { node, root } = await replacedNode();
  publish(node, { epoch: 2, revision: 1 }, orderOf(3, { spec: testSpec() }));
  await synced(node, 3);
  publish(node, { epoch: 2, revision: 2 }, imageOrder(4, thirdImage, { desiredPhase: 'stopped' }));
  await synced(node, 4);
  publish(node, { epoch: 2, revision: 3 }, imageOrder(5, thirdImage));
  await refused(node, 5);
  assert.deepEqual(rootOf(node), root);
  publish(node, { epoch: 2, revision: 4 }, imageOrder(6, newImage));
  await synced(node, 6);
  assert.deepEqual(rootOf(node), root);
});

test('a change that was agreed to and waits for its start comes also after a restore that knows of it', async () => {
  const { node, root } = await replacedNode();
  const off = { desiredPhase: 'stopped' } as const;
  publish(node, { epoch: 1, revision: 3 }, imageOrder(3, newImage, off));
  await synced(node, 3);
  publish(node, { epoch: 1, revision: 4 }, imageOrder(4, thirdImage, off));
  await synced(node, 4);
  publish(node, { epoch: 2, revision: 1 }, imageOrder(4, thirdImage, off));
  await node.clock.advance(1_000);
  publish(node, { epoch: 2, revision: 2 }, imageOrder(5, thirdImage));
  await synced(node, 5);
  assert.notEqual(rootOf(node)?.madeAs, root.madeAs);
});

test('a root disk that was being made while the store was restored is kept as well', async () => {
  const { node } = await replacedNode();
  publish(node, { epoch: 1, revision: 3 }, imageOrder(3, thirdImage));
  await node.until((seen) => seen?.incarnation?.run === 3, 'it is on its way');
  publish(node, { epoch: 2, revision: 1 }, imageOrder(2, newImage, { run: 3 }));
  await node.clock.advance(60_000);
  const root = rootOf(node);
  publish(node, { epoch: 2, revision: 2 }, imageOrder(4, newImage, { run: 4 }));
  await node.clock.advance(60_000);
  publish(node, { epoch: 2, revision: 3 }, imageOrder(5, newImage, { run: 5 }));
  await node.clock.advance(60_000);
  assert.deepEqual(rootOf(node), root);
});

/** The next life of the agent is of a newer version: the one before did not note whose orders it had seen. */
async function takeOver(node: TestNode): Promise<void> {
  node.kill();
  const store = createMemoryStore({ medium: node.medium });
  const row = store.get(recordKey(testUid))?.value as JsonObject;
  const { unaskedImage: _image, orderedBy: _store, ...older } = row['record'] as JsonObject;
  await store.commit({ put: [{ key: recordKey(testUid), value: { ...row, record: older } }] });
  node.boot();
}

test('a record of an agent that did not note whose orders it had seen protects its root disk as well', async () => {
  const { node, root } = await replacedNode();
  await takeOver(node);
  publish(node, { epoch: 2, revision: 1 }, imageOrder(3, testImage));
  await node.until((seen) => seen?.operationError?.reason.code === 'volume_unavailable', 'told');
  assert.deepEqual(rootOf(node), root);
});

test('a disk that was being made while the store was restored is kept as well', async () => {
  const node = createTestNode({ times: { realiseMs: 5_000, spawnMs: 0 } });
  node.boot();
  publish(node, { epoch: 1, revision: 1 }, orderOf(1, { spec: testSpec() }));
  await synced(node, 1);
  const spec = testSpec({ disks: [aDisk('data')] });
  publish(node, { epoch: 1, revision: 2 }, orderOf(2, { spec, specHash: 'same' }));
  await node.until((seen) => seen?.waiting?.for === 'disks', 'it is on its way');
  publish(node, { epoch: 2, revision: 1 }, orderOf(1, { spec: testSpec(), run: 2, specHash: 'same' }));
  await node.clock.advance(60_000);
  assert.ok(node.world.instances.get(testUid)?.diskGib.has('data'), 'it came to be');
  for (const generation of [3, 4]) {
    publish(node, { epoch: 2, revision: generation }, orderOf(generation, { spec: testSpec() }));
    await synced(node, generation);
  }
  assert.ok(node.world.instances.get(testUid)?.diskGib.has('data'), 'nobody agreed to lose it');
});

/** Ways in which an order of a store that knows less comes, and not with the first assignment of that store. */
const ways: Readonly<Record<string, (node: TestNode, order: Order) => Promise<void>>> = {
  'after the store had not placed it at first': async (node, order) => {
    publish(node, { epoch: 2, revision: 1 });
    await node.clock.advance(10_000);
    publish(node, { epoch: 2, revision: 2 }, order);
  },
  'after the store had not placed it at first, by an agent that was upgraded meanwhile': async (node, order) => {
    publish(node, { epoch: 2, revision: 1 });
    await node.clock.advance(10_000);
    await takeOver(node);
    publish(node, { epoch: 2, revision: 2 }, order);
  },
  'after an order of it that could not be read': async (node, order) => {
    const held = [{ uid: testUid, name: 'web-1', because }];
    node.plane.publish({ ...anAssignment(1, []), at: { epoch: 2, revision: 1 }, unreadable: held });
    await node.clock.advance(10_000);
    node.kill();
    node.boot();
    await node.clock.advance(10_000);
    publish(node, { epoch: 2, revision: 2 }, order);
  },
};

for (const [way, order] of Object.entries(ways)) {
  test(`a disk that a restored store does not know is kept ${way}`, async () => {
    const node = createTestNode();
    node.boot();
    const spec = testSpec({ disks: [aDisk('data')] });
    publish(node, { epoch: 1, revision: 1 }, orderOf(1, { spec: testSpec() }));
    await synced(node, 1);
    publish(node, { epoch: 1, revision: 2 }, orderOf(2, { spec }));
    await synced(node, 2);
    await order(node, orderOf(3, { spec: testSpec() }));
    await synced(node, 3);
    assert.deepEqual([...(node.world.instances.get(testUid)?.diskGib ?? [])], [['data', 1]]);
    assert.equal(node.events().includes('disk_removed'), false);
  });

  test(`a root disk that a restored store does not know is kept ${way}`, async () => {
    const { node, root } = await replacedNode();
    await order(node, imageOrder(3, testImage, { desiredPhase: 'stopped' }));
    await synced(node, 3);
    publish(node, { epoch: 2, revision: 3 }, imageOrder(4, testImage));
    await refused(node, 4);
    assert.deepEqual(rootOf(node), root);
  });
}

test('F4 a crash at each port call costs no disk that a restored store does not know', {
  timeout: 300_000,
}, async () => {
  for (const effect of ['none', 'happens'] as const) {
    for (let at = 1; ; at++) {
      assert.ok(at < 120, 'the story has an end');
      const { node, root } = await replacedNode();
      const spec = testSpec({ imageUrl: newImage, imageFormat: 'raw', disks: [aDisk('data')] });
      publish(node, { epoch: 1, revision: 3 }, orderOf(3, { spec }));
      await synced(node, 3);
      node.kill();
      node.boot({ at, effect });
      publish(
        node,
        { epoch: 2, revision: 1 },
        imageOrder(4, testImage, { desiredPhase: 'stopped', stopMode: 'forced' }),
      );
      await node.clock.advance(20_000);
      publish(node, { epoch: 2, revision: 2 }, imageOrder(5, testImage));
      await node.clock.advance(20_000);
      const crashed = node.lastCrashed();
      if (crashed) node.boot();
      await node.clock.advance(60_000);
      const where = `crash at call ${at}, effect ${effect}`;
      // A life that never heard of the stop leaves the guest as it is.
      const failed = node.seen()?.failure ?? node.seen()?.operationError;
      assert.equal(failed?.reason.code, 'volume_unavailable', where);
      assert.deepEqual(rootOf(node), root, where);
      assert.deepEqual([...(node.world.instances.get(testUid)?.diskGib ?? [])], [['data', 1]], where);
      if (!crashed) break;
    }
  }
});
