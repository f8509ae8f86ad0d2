/** Spec §4 "Delete": `delete --forget` frees the name at once, whatever else happens to the VM. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteVm } from './operations/delete-vm.ts';
import { observationKey, placementKey } from './rows.ts';
import { aSlowDisk } from './testing/slow-disk.ts';
import { admin, aPlane } from './testing/test-plane.ts';
import { any, create, done, follow, vm } from './testing/vm-steps.ts';

const forget = { ...any, graceful: false, forget: true };

test('a VM that is placed in the moment it is forgotten is removed from its node, and gives back its room', async () => {
  const disk = aSlowDisk();
  const world = await aPlane({ decideFate: disk.decideFate });
  const node = await world.node();
  await node.pull();
  disk.slowAfterNext();
  await create(world, 'web-1');
  // Its placement is on the way to the disk now.
  await world.clock.settle();
  const { uid } = vm(world, 'web-1').record;
  assert.equal(vm(world, 'web-1').view.placement, null);
  const told = node.pull();
  const forgotten = deleteVm(world.plane.ctx, admin, 'web-1', forget);
  await world.clock.settle();
  disk.release();
  await told;
  await node.obey();
  assert.equal(node.observed.has(uid), true, 'its node has begun with it');
  done(await forgotten);
  await follow(world, node);
  assert.equal(world.medium.peek(placementKey(uid)), undefined, 'it is placed nowhere');
  assert.equal(world.plane.model.index.claimsOn('node-1').instances, 0);
  assert.equal(node.observed.has(uid), false);
  await world.stop();
});

test('nothing is kept of where a forgotten VM was not placed', async () => {
  const world = await aPlane();
  await create(world, 'web-1');
  await world.clock.settle();
  const { record, view } = vm(world, 'web-1');
  assert.equal(view.placement?.kind, 'pending');
  done(await deleteVm(world.plane.ctx, admin, 'web-1', forget));
  await world.clock.settle();
  assert.equal(world.medium.peek(placementKey(record.uid)), undefined);
  assert.equal(world.medium.peek(observationKey(record.uid)), undefined);
  await world.stop();
});
