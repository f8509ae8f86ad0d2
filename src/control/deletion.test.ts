/** Spec §4 "Delete": how a VM goes, and what is refused meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyBatch } from './operations/apply-batch.ts';
import { createVm } from './operations/create-vm.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { patchVm } from './operations/patch-vm.ts';
import { pauseVm, resetVm } from './operations/sync-verb-vm.ts';
import { isRefused } from './refusal.ts';
import { aBody, admin } from './testing/test-plane.ts';
import { any, aRunningVm, done, refusalOf, refuse, verb, vm } from './testing/vm-steps.ts';

const atOnce = { ...any, graceful: false, forget: false };
const graceful = { ...atOnce, graceful: true };
const minuteMs = 60_000;

test('a name that is taken until its VM is removed is refused with the task to wait for', async () => {
  const { world } = await aRunningVm();
  const { ctx } = world.plane;
  const deleting = done(await deleteVm(ctx, admin, 'web-1', atOnce));
  const again = await createVm(ctx, admin, aBody('web-1'), { ifNoneMatch: false });
  assert.ok(isRefused(again) && again.code === 'name_taken');
  assert.equal(again.details?.['task'], deleting.id);
  await world.stop();
});

test('a deletion cannot be taken back: every later write is being_deleted or name_taken', async () => {
  const { world } = await aRunningVm();
  const { ctx, sync } = world.plane;
  done(await deleteVm(ctx, admin, 'web-1', atOnce));
  const { generation, revision } = { ...vm(world, 'web-1').record, revision: vm(world, 'web-1').revision };
  const refused = [
    ...(await Promise.all(
      (['start', 'stop', 'poweroff', 'reboot'] as const).map((what) => verb(world, 'web-1', what)),
    )),
    await pauseVm(sync, admin, 'web-1', { verb: 'pause', precondition: any }),
    await resetVm(sync, admin, 'web-1', any),
    await patchVm(ctx, admin, 'web-1', { body: { labels: { a: 'b' } }, options: refuse }),
    await patchVm(ctx, admin, 'web-1', { body: { cpu_cores: 2 }, options: refuse }),
    await deleteVm(ctx, admin, 'web-1', graceful),
    await deleteVm(ctx, admin, 'web-1', atOnce),
  ].map(refusalOf);
  assert.deepEqual([...new Set(refused)], ['being_deleted']);
  const consent = { onRestart: 'refuse', allowReplace: false } as const;
  const documents = [{ api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('web-1') }];
  assert.equal(refusalOf(await applyBatch(ctx, admin, { documents, consent, prune: null })), 'name_taken');
  assert.equal(vm(world, 'web-1').record.generation, generation);
  assert.equal(vm(world, 'web-1').revision, revision);
  await world.stop();
});

test('a deletion is at once unless it is graceful, and one at once may come over a graceful one', async () => {
  const { world, node } = await aRunningVm();
  const { ctx } = world.plane;
  done(await deleteVm(ctx, admin, 'web-1', graceful));
  await world.clock.settle();
  await node.pull();
  assert.deepEqual([node.desired('web-1').desiredPhase, node.desired('web-1').stopMode], ['deleted', 'graceful']);
  done(await deleteVm(ctx, admin, 'web-1', atOnce));
  await world.clock.settle();
  await node.pull();
  assert.deepEqual([node.desired('web-1').desiredPhase, node.desired('web-1').stopMode], ['deleted', 'forced']);
  await node.obey();
  await world.clock.settle();
  assert.equal(world.plane.model.get('web-1'), undefined);
  await world.stop();
});

test('a deletion on a node that is away says so, is an error after 10 min, and forget leaves it (F1)', async () => {
  const { world, node } = await aRunningVm();
  const { ctx } = world.plane;
  node.session?.close();
  done(await deleteVm(ctx, admin, 'web-1', atOnce));
  await world.clock.advance(2 * minuteMs);
  assert.equal(vm(world, 'web-1').reading.phase, 'deleting');
  assert.match(vm(world, 'web-1').reading.waiting?.message ?? '', /node-1 is not connected/);
  await world.clock.advance(9 * minuteMs);
  const { phase, reason } = vm(world, 'web-1').reading;
  assert.deepEqual([phase, reason?.code], ['error', 'operation_deadline_exceeded']);
  assert.match(reason?.nextAction ?? '', /--forget/);
  done(await deleteVm(ctx, admin, 'web-1', { ...atOnce, forget: true }));
  await world.clock.settle();
  assert.equal(world.plane.model.get('web-1'), undefined);
  await world.stop();
});

test('a node that tells of the removal of a VM that nobody deleted ends nothing: it is not believed (spec §9)', async () => {
  const { world, node } = await aRunningVm();
  const { uid } = vm(world, 'web-1').record;
  // As after a restore of a store from before the deletion.
  await node.report({ removed: [uid] });
  await world.clock.settle();
  assert.equal(vm(world, 'web-1').record.uid, uid);
  assert.equal(vm(world, 'web-1').view.placement?.kind, 'placed');
  await world.stop();
});
