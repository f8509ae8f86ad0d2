import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Task } from '../core/task/task.ts';
import { defaultControlConfig } from './control-config.ts';
import { newEvent } from './new-event.ts';
import { createVm } from './operations/create-vm.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { type EventRow, eventPrefix, observationKey, put, rowOf, taskKey, taskPrefix } from './rows.ts';
import { aBody, admin, aPlane, type TestPlane } from './testing/test-plane.ts';
import { any, create, done, follow, refusalOf, vm } from './testing/vm-steps.ts';

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

test('an Idempotency-Key is known for 24 h, and new again after that (spec §4)', async () => {
  const world = await aPlane();
  const idempotency = { key: 'k', scope: 'user:admin POST /v1/vms', bodyHash: 'h' };
  const createOnce = () => createVm(world.plane.ctx, { ...admin, idempotency }, aBody('web-1'), { ifNoneMatch: false });
  done(await createOnce());
  await world.clock.advance(dayMs - 60_000);
  const again = await createOnce();
  assert.equal('kind' in again && again.kind, 'replayed');
  await world.clock.advance(3 * 60_000);
  assert.equal(refusalOf(await createOnce()), 'already_exists');
  await world.stop();
});

test('a removed VM is readable by uid for a day; one that was forgotten is told to its node however late that comes (spec §4)', async () => {
  const world = await aPlane();
  const node = await world.node();
  for (const name of ['removed', 'forgotten']) await create(world, name);
  await follow(world, node);
  const uids = new Map(['removed', 'forgotten'].map((name) => [name, vm(world, name).record.uid] as const));
  const remove = (name: string, forget: boolean) =>
    deleteVm(world.plane.ctx, admin, name, { ...any, graceful: false, forget });
  done(await remove('removed', false));
  await follow(world, node);
  done(await remove('forgotten', true));
  const phaseOf = (name: string) => world.plane.model.getByUid(uids.get(name) ?? '')?.phase;
  await world.clock.advance(dayMs - 60_000);
  assert.deepEqual(['removed', 'forgotten'].map(phaseOf), ['gone', 'gone']);
  await world.clock.advance(dayMs);
  assert.deepEqual(['removed', 'forgotten'].map(phaseOf), [undefined, 'gone']);
  await node.pull();
  assert.deepEqual(
    node.assignment?.instances.map(({ name, desiredPhase }) => [name, desiredPhase]),
    [['forgotten', 'deleted']],
  );
  await node.obey();
  assert.equal(world.medium.peek(observationKey(uids.get('forgotten') ?? '')), undefined);
  await world.clock.advance(2 * dayMs);
  assert.equal(phaseOf('forgotten'), undefined);
  await world.stop();
});
