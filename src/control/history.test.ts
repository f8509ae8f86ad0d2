import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newEvent } from './new-event.ts';
import { historyOf } from './operations/read-operations.ts';
import { aRunningVm, verb, vm } from './testing/vm-steps.ts';

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
