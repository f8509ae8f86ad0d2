/** F1: what no node takes is never silently stuck. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchVm } from './operations/patch-vm.ts';
import { type EventRow, eventPrefix, rowOf } from './rows.ts';
import { admin, aPlane, type TestPlane } from './testing/test-plane.ts';
import { create, done, follow, refuse, vm } from './testing/vm-steps.ts';

const minuteMs = 60_000;

function messagesOf(world: TestPlane, name: string): readonly string[] {
  const events = [...world.plane.ctx.store.list(eventPrefix)].map((entry) => rowOf<EventRow>(entry).value);
  return events
    .filter(({ code, message }) => code === 'vm_pending_long' && message.includes(`"${name}"`))
    .map(({ message }) => message);
}

const toldOf = (world: TestPlane, name: string): number => messagesOf(world, name).length;

test('a VM that is pending long is told of once, whoever runs the control plane by then (F1)', async () => {
  const world = await aPlane();
  await create(world, 'web-1');
  await world.clock.advance(9 * minuteMs);
  await world.stop();
  const second = await aPlane(world);
  await second.clock.advance(minuteMs - 1_000);
  assert.equal(toldOf(second, 'web-1'), 0);
  await second.clock.advance(2_000);
  assert.equal(toldOf(second, 'web-1'), 1);
  await second.stop();
  const third = await aPlane(world);
  await third.clock.advance(20 * minuteMs);
  assert.equal(toldOf(third, 'web-1'), 1, 'told once');
  await third.stop();
});

test('a VM that is pending for 10 min is worth one event, and none before (F1)', async () => {
  const world = await aPlane();
  await create(world, 'web-1');
  await world.clock.advance(10 * minuteMs - 1_000);
  assert.deepEqual([vm(world, 'web-1').reading.phase, toldOf(world, 'web-1')], ['pending', 0]);
  await world.clock.advance(2_000);
  const why = 'No node has joined the cluster';
  assert.deepEqual(messagesOf(world, 'web-1'), [`VM "web-1" has been pending for 10 min: ${why}`]);
  done(await patchVm(world.plane.ctx, admin, 'web-1', { body: { labels: { a: 'b' } }, options: refuse }));
  await world.clock.advance(20 * minuteMs);
  assert.equal(toldOf(world, 'web-1'), 1, 'told once');
  const node = await world.node();
  await follow(world, node);
  assert.equal(vm(world, 'web-1').reading.phase, 'running');
  await world.stop();
});
