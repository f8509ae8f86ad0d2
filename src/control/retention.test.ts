import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Task } from '../core/task/task.ts';
import { defaultControlConfig } from './control-config.ts';
import { newEvent } from './new-event.ts';
import { createVm } from './operations/create-vm.ts';
import { type EventRow, eventPrefix, put, rowOf, taskKey, taskPrefix } from './rows.ts';
import { aBody, admin, aPlane, type TestPlane } from './testing/test-plane.ts';

const dayMs = 86_400_000;
const retention = { ...defaultControlConfig.retention, eventsMax: 100, finishedTasksMax: 100 };

/** Adds events that tell when they were, in the order of their ids. */
async function addEvents({ plane }: TestPlane, times: readonly number[]): Promise<void> {
  const { store, random } = plane.ctx;
  const rows = times.map((at) =>
    newEvent(random, { at, code: 'c', message: '', record: null, node: null, by: 'system' }),
  );
  await store.commit({ put: rows });
}

const eventsOf = ({ plane }: TestPlane): readonly EventRow[] =>
  plane.ctx.store.list(eventPrefix).map((entry) => rowOf<EventRow>(entry).value);

test('beyond their number the oldest events go, and no others', async () => {
  const world = await aPlane({ config: { retention } });
  const now = world.clock.now();
  const times = Array.from({ length: 1_500 }, (_, i) => now + i);
  await addEvents(world, times);
  await world.clock.advance(61_000);
  assert.deepEqual(
    eventsOf(world).map(({ at }) => at),
    times.slice(-100),
  );
  await world.stop();
});

test('events go when they are old, however few there are', async () => {
  const world = await aPlane({ config: { retention } });
  const now = world.clock.now();
  await addEvents(world, [now - 8 * dayMs, now - 8 * dayMs, now]);
  await world.clock.advance(61_000);
  assert.deepEqual(
    eventsOf(world).map(({ at }) => at),
    [now],
  );
  await world.stop();
});

test('a task that is not finished stays, however many came after it', async () => {
  const world = await aPlane({ config: { retention } });
  const { ctx } = world.plane;
  const { store, random } = ctx;
  const finished = () => {
    const id = random.uuid();
    return put(taskKey(id), { id, status: 'success', finishedAt: world.clock.now(), resource: { uid: 'u' } });
  };
  await createVm(ctx, admin, aBody('first'), { ifNoneMatch: false });
  await store.commit({ put: Array.from({ length: 700 }, finished) });
  await createVm(ctx, admin, aBody('second'), { ifNoneMatch: false });
  await world.clock.advance(61_000);
  const left = store.list(taskPrefix).map((entry) => rowOf<Task>(entry).value);
  assert.deepEqual(
    left.filter(({ finishedAt }) => finishedAt === null).map(({ resource }) => resource.name),
    ['first', 'second'],
  );
  assert.equal(left.length, 102);
  await world.stop();
});
