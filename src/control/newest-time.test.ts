import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../adapters/store/memory.ts';
import { newestTimeIn } from './newest-time.ts';
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
