import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../adapters/store/memory.ts';
import { newestTimeIn } from './newest-time.ts';
import { heardKey, put } from './rows.ts';
import { aRunningVm } from './testing/vm-steps.ts';

test('an empty store remembers no time', () => {
  assert.equal(newestTimeIn(createMemoryStore()), 0);
});

test('a store remembers the newest time at which anything was written to it', async () => {
  const { world } = await aRunningVm();
  const { store, clock } = world.plane.ctx;
  const newest = newestTimeIn(store);
  assert.ok(newest <= clock.now() && newest > clock.now() - 60_000, `${newest - clock.now()} ms from now`);
  await world.stop();
});

test('a store remembers when a node was last heard of, though nothing else came of it', async () => {
  const store = createMemoryStore();
  await store.commit({ put: [put(heardKey('node-1'), { node: 'node-1', at: 12_345 })] });
  assert.equal(newestTimeIn(store), 12_345);
});
