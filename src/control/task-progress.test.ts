/** How far a task has come, as somebody sees it who asks again and again: it never falls (spec §4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObservedInstance } from '../core/node/observation.ts';
import type { Task } from '../core/task/task.ts';
import { resizeVm } from './operations/patch-vm.ts';
import type { FakeNode } from './testing/fake-node.ts';
import { admin, aPlane, type TestPlane } from './testing/test-plane.ts';
import { any, aRunningVm, create, done, task } from './testing/vm-steps.ts';

type Told = (before: ObservedInstance) => Partial<ObservedInstance>;

/** What is read of the task after each thing that the node tells. */
async function progressOver(world: TestPlane, node: FakeNode, made: Task, told: readonly Told[]) {
  const read: number[] = [task(world, made).progress];
  await world.clock.settle();
  await node.pull();
  for (const change of told) {
    node.script('web-1', (before) => ({ seenGeneration: node.desired('web-1').generation, ...change(before) }));
    await node.report();
    await world.clock.settle();
    read.push(task(world, made).progress);
  }
  return read;
}

const waitsFor = (what: 'image_download' | 'hypervisor_monitor', now: number) => ({
  waiting: { for: what, since: now, deadline: now + 300_000, message: 'On its way' },
});

const failedOf = (code: 'image_unavailable' | 'hypervisor_spawn_failed', now: number) => ({
  reason: { code, message: 'It failed', at: now, details: {} },
});

test('the progress of a restart does not fall while what it needs is fetched, fails and is fetched again', async () => {
  const { world, node } = await aRunningVm();
  const options = { ...any, onRestart: 'restart', allowReplace: false } as const;
  const made = done(await resizeVm(world.plane.ctx, admin, 'web-1', { body: { memory_mib: 256 }, options }));
  const now = world.clock.now();
  const error = {
    ...failedOf('image_unavailable', now),
    incarnationId: null,
    generation: 2,
    retryAt: now + 1,
    attempt: 1,
  };
  const read = await progressOver(world, node, made, [
    () => ({}),
    () => waitsFor('image_download', now),
    () => ({ waiting: null, operationError: error }),
    () => waitsFor('image_download', now),
    () => ({ waiting: null, operationError: null }),
    ({ incarnation }) => ({ incarnation: incarnation && { ...incarnation, state: 'stopping', stateGeneration: 4 } }),
    ({ incarnation }) => ({ incarnation: incarnation && { ...incarnation, state: 'destroyed', stateGeneration: 5 } }),
  ]);
  assert.deepEqual(read, [0, 0, 0, 0, 0, 0, 33, 66]);
  await world.stop();
});

test('the progress of a create does not fall when its start fails and is prepared anew, nor over a restart of the control plane', async () => {
  const world = await aPlane();
  const node = await world.node();
  const made = await create(world, 'web-1');
  const now = world.clock.now();
  const failure = { ...failedOf('hypervisor_spawn_failed', now), generation: 1, run: 1 };
  const begun = (state: 'starting' | 'failed') => ({
    everRan: false,
    observedGeneration: 0,
    incarnation: node.incarnation(node.desired('web-1'), { state, startedAt: null }),
  });
  const read = await progressOver(world, node, made, [
    () => ({ ...begun('starting'), ...waitsFor('image_download', now) }),
    () => ({ ...begun('starting'), ...waitsFor('hypervisor_monitor', now) }),
    () => ({ ...begun('failed'), waiting: null, failure, restart: { attempt: 1, nextAt: now + 60_000 } }),
  ]);
  assert.deepEqual(read, [0, 33, 66, 66]);
  await world.stop();
  const again = await aPlane({ medium: world.medium, clock: world.clock });
  assert.equal(task(again, made).progress, 66);
  await again.stop();
});
