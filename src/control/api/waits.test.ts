import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anApi, type TestApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';

/** A world whose store says how many watches are open, and a task that does not end. */
async function aTaskThatGoesOn() {
  const world = await anApi();
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  await world.clock.settle();
  const { store } = world.plane.ctx;
  const watch = store.watch.bind(store);
  let open = 0;
  store.watch = (...args) => {
    const started = watch(...args);
    if (started.kind !== 'watching') return started;
    open += 1;
    return {
      kind: 'watching',
      close() {
        open -= 1;
        started.close();
      },
    };
  };
  const [task] = (await world.call('GET', '/v1/tasks')).json.items;
  return { world, task: task.id as string, openWatches: () => open };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

async function goAway(world: TestApi, method: string, path: string, isWaiting: () => boolean): Promise<void> {
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${world.token}` };
  const base = await world.listen();
  const asked = fetch(`${base}${path}`, { method, headers, signal: leaving.signal });
  await until(isWaiting);
  leaving.abort();
  await assert.rejects(asked);
}

test('a wait for a task ends with the client that asked for it', async () => {
  const { world, task, openWatches } = await aTaskThatGoesOn();
  await goAway(world, 'GET', `/v1/tasks/${task}?wait=300`, () => openWatches() === 1);
  await until(() => openWatches() === 0);
  await world.stop();
});
