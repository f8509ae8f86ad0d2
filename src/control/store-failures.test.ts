import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPlane } from './testing/test-plane.ts';
import { create, done, follow, task, verb, vm } from './testing/vm-steps.ts';

/** A world whose store takes so many more batches, and is then full until it is given more. */
async function aStoreWithRoom() {
  const disk = { batches: Number.POSITIVE_INFINITY };
  const world = await aPlane({
    decideFate: () => {
      disk.batches -= 1;
      return disk.batches >= 0 ? { kind: 'durable' } : { kind: 'refused', code: 'store_full' };
    },
  });
  return { world, disk };
}

test('a VM whose placement met a full store is placed once there is room (F1)', async () => {
  const { world, disk } = await aStoreWithRoom();
  await world.node();
  await world.clock.settle();
  disk.batches = 1;
  await create(world, 'web-1');
  await world.clock.advance(5_000);
  assert.equal(vm(world, 'web-1').reading.phase, 'pending');
  disk.batches = Number.POSITIVE_INFINITY;
  await world.clock.advance(5_000);
  assert.equal(vm(world, 'web-1').view.placement?.kind, 'placed');
  await world.stop();
});

test('a task whose end met a full store ends once there is room (F1)', async () => {
  const { world, disk } = await aStoreWithRoom();
  const node = await world.node();
  const created = await create(world, 'web-1');
  await follow(world, node);
  assert.equal(task(world, created).status, 'success');
  const stop = done(await verb(world, 'web-1', 'stop'));
  await world.clock.settle();
  await node.pull();
  disk.batches = 1;
  await node.obey();
  await world.clock.advance(5_000);
  assert.notEqual(task(world, stop).status, 'success');
  disk.batches = Number.POSITIVE_INFINITY;
  await world.clock.advance(5_000);
  assert.equal(task(world, stop).status, 'success');
  await world.stop();
});
