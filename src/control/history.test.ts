import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newEvent } from './new-event.ts';
import { applyBatch } from './operations/apply-batch.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { patchVm } from './operations/patch-vm.ts';
import { historyOf } from './operations/read-operations.ts';
import { aBody, admin, aPlane } from './testing/test-plane.ts';
import { any, aRunningVm, create, done, refuse, verb, vm } from './testing/vm-steps.ts';

test('the history of a VM ends with its last event, however many there are of others', async () => {
  const { world } = await aRunningVm();
  const { store, random } = world.plane.ctx;
  const event = { at: 0, code: 'node_connected', message: '', record: null, node: null, by: 'system' };
  for (let batch = 0; batch < 11; batch += 1) {
    await store.commit({ put: Array.from({ length: 1_000 }, () => newEvent(random, event)) });
  }
  await verb(world, 'web-1', 'stop');
  const { events } = historyOf(world.plane.ctx, vm(world, 'web-1'), 5);
  assert.equal((events as readonly { code: string }[]).at(-1)?.code, 'vm_stop_requested');
  await world.stop();
});

test('the event of a change says field by field from what to what, but of nothing that may hold a secret', async () => {
  const { world } = await aRunningVm();
  const { ctx } = world.plane;
  const deferred = { ...refuse, onRestart: 'defer' } as const;
  const bodies = [
    { stop: { grace_seconds: 30 }, restart_policy: 'always', placement: { node: 'node-1' } },
    { memory_mib: 640, cloud_init: { user_data: 'password: hunter2' }, cmdline: 'token=hunter2' },
  ];
  for (const body of bodies) done(await patchVm(ctx, admin, 'web-1', { body, options: deferred }));
  const fields = { api_version: 'holdfast/v1', kind: 'VirtualMachine', desired_phase: 'stopped', memory_mib: 640 };
  const request = { documents: [aBody('web-1', fields)], consent: deferred, prune: null };
  done(await applyBatch(ctx, admin, request));
  const { events } = historyOf(ctx, vm(world, 'web-1'), 50);
  const changed = (events as readonly { code: string; message: string }[]).filter(({ code }) => code === 'vm_changed');
  assert.deepEqual(
    changed.map(({ message }) => message),
    [
      'VM "web-1" changed: placement.node none → node-1, restart_policy on_failure → always, stop.grace_seconds 60 → 30 (generation 2)',
      'VM "web-1" changed: memory_mib 128 → 640, cmdline, cloud_init.user_data (generation 3); applied at the next start',
      'VM "web-1" changed: cmdline, cloud_init.user_data, placement.node node-1 → none, restart_policy always → on_failure, ' +
        'stop.grace_seconds 30 → 60, desired_phase running → stopped (generation 4)',
    ],
  );
  await world.stop();
});

test('what a node tells of a failure comes before what is concluded from it', async () => {
  const world = await aPlane();
  const node = await world.node();
  await create(world, 'web-1');
  await world.clock.settle();
  await node.pull();
  const at = world.clock.now();
  const reason = { code: 'checksum_mismatch', message: 'It failed', at, details: {} } as const;
  const { uid } = node.script('web-1', () => ({
    ...{ everRan: false, observedGeneration: 0, failure: { reason, generation: 1, run: 1 } },
    incarnation: node.incarnation(node.desired('web-1'), { state: 'failed', startedAt: null }),
  }));
  await node.report({ events: [{ at, uid, code: reason.code, message: reason.message }] });
  await world.clock.settle();
  const { events } = historyOf(world.plane.ctx, vm(world, 'web-1'), 10);
  const codes = (events as readonly { code: string }[]).map(({ code }) => code);
  assert.deepEqual(codes.slice(-2), ['checksum_mismatch', 'task_failed']);
  await world.stop();
});

test('events of a report without instances are kept, and the last of a VM that is removed by it are still of that VM', async () => {
  const { world, node } = await aRunningVm();
  const { uid } = node.desired('web-1');
  const at = world.clock.now();
  node.observed.clear();
  await node.report({ events: [{ at, uid, code: 'disk_file_back', message: '' }] });
  const gone = vm(world, 'web-1');
  await deleteVm(world.plane.ctx, admin, 'web-1', { ...any, graceful: false, forget: false });
  await world.clock.settle();
  await node.pull();
  await node.report({ removed: [uid], events: [{ at, uid, code: 'removing', message: '' }] });
  const { events } = historyOf(world.plane.ctx, gone, 10);
  const codes = (events as readonly { code: string }[]).map(({ code }) => code);
  assert.ok(codes.includes('disk_file_back') && codes.includes('removing'), codes.join());
  await world.stop();
});
