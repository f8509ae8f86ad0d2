import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../ports/store.ts';
import { commitObservations } from './apply-observations.ts';
import { finishRemoval } from './removal.ts';
import { observationKey, observationPrefix, placementKey, placementPrefix, put, vmKey } from './rows.ts';
import { aPlane } from './testing/test-plane.ts';
import { aRunningVm, create, follow, vm } from './testing/vm-steps.ts';

const what = { 'first word': false, 'place after a restore': true } as const;

for (const [comes, isPlaceUnknown] of Object.entries(what)) {
  test(`a VM that is removed while its ${comes} is stored leaves neither place nor observation (spec 9)`, async () => {
    const { world, node } = await aRunningVm();
    const { ctx } = world.plane;
    const { record } = vm(world, 'web-1');
    const observed = node.observed.get(record.uid);
    const session = ctx.sessions.get('node-1');
    assert.ok(observed !== undefined && session !== undefined);
    await world.plane.stop();
    const unknown = [observationKey(record.uid), ...(isPlaceUnknown ? [placementKey(record.uid)] : [])];
    await ctx.store.commit({ put: [], delete: unknown });
    const store = withRemovalFirst(ctx.store, async () => {
      await ctx.store.commit({ put: [put(vmKey('web-1'), { ...record, desiredPhase: 'deleted' })] });
      assert.ok(await finishRemoval(ctx, record.uid, 'user:admin'));
    });
    const source = { sequence: 1_000, isOfLostStore: true };
    const instances = [{ ...observed, seenGeneration: 0 }];
    await commitObservations({ ...ctx, store }, session, source, { instances, news: [] });
    assert.deepEqual([...ctx.store.list(placementPrefix), ...ctx.store.list(observationPrefix)], []);
  });
}

test('what a report says alike of its instances is held once, also where an earlier one said it of neither', async () => {
  const world = await aPlane();
  const node = await world.node();
  for (const name of ['web-1', 'web-2']) await create(world, name);
  await follow(world, node);
  const session = world.plane.ctx.sessions.get('node-1');
  assert.ok(session !== undefined);
  const instances = [...node.observed.values()].map((observed) => {
    const sha256 = 'a'.repeat(64);
    return { ...observed, images: { 'https://images.example.org/web': { sha256, sizeBytes: 1, resolvedAt: 1 } } };
  });
  const source = { sequence: 1_000, isOfLostStore: false };
  await commitObservations(world.plane.ctx, session, source, { instances, news: [] });
  const [one, other] = ['web-1', 'web-2'].map((name) => vm(world, name).view.observation?.instance);
  assert.equal(Object.keys(one?.images ?? {}).length, 1);
  assert.equal(one?.images, other?.images);
  await world.stop();
});

/** Its first commit comes after what `remove` does. */
function withRemovalFirst(store: Store, remove: () => Promise<void>): Store {
  let removed: Promise<void> | null = null;
  const commit: Store['commit'] = async (wanted) => {
    removed ??= remove();
    await removed;
    return await store.commit(wanted);
  };
  return new Proxy(store, {
    get(target, key) {
      if (key === 'commit') return commit;
      const member: unknown = Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
