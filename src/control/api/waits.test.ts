import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecideFate } from '../../adapters/store/memory.ts';
import { anApi, type TestApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';

/** How many watches of the store are open. */
function countWatches({ plane }: TestApi): () => number {
  const { store } = plane.ctx;
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
  return () => open;
}

/** A task that does not end. */
async function aTaskThatGoesOn() {
  const world = await anApi();
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  await world.clock.settle();
  const [task] = (await world.call('GET', '/v1/tasks')).json.items;
  return { world, task: task.id as string, openWatches: countWatches(world) };
}

async function until(isSo: () => boolean): Promise<void> {
  for (const limit = AbortSignal.timeout(120_000); !isSo(); await new Promise(setImmediate)) limit.throwIfAborted();
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

test('whoever waits for a task when the server closes is told how it stands', async () => {
  const { world, task, openWatches } = await aTaskThatGoesOn();
  const base = await world.listen();
  const headers = { authorization: `Bearer ${world.token}` };
  const asked = fetch(`${base}/v1/tasks/${task}?wait=300`, { headers });
  await until(() => openWatches() === 1);
  const closed = world.api.close();
  const answer = await asked;
  assert.equal(answer.status, 200);
  assert.equal(((await answer.json()) as { id: string }).id, task);
  await closed;
  await world.stop();
});

/** A server with a change on its way to a slow disk. */
async function aSlowChange() {
  const letGo = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  let isSlow = false;
  const decideFate: DecideFate = async () => {
    if (isSlow) {
      begun.resolve();
      await letGo.promise;
    }
    return { kind: 'durable' };
  };
  const world = await anApi({}, { decideFate });
  const base = await world.listen();
  isSlow = true;
  const headers = { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' };
  const asked = fetch(`${base}/v1/vms`, { method: 'POST', headers, body: JSON.stringify(aBody('web-1')) });
  await begun.promise;
  return {
    ...{ world, base, headers, asked, openWatches: countWatches(world) },
    endWrite: () => {
      isSlow = false;
      letGo.resolve();
    },
  };
}

test('a client that leaves while its change is on its way to the disk leaves no wait behind', async () => {
  const { world, base, headers, asked, endWrite, openWatches } = await aSlowChange();
  const arrived = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  world.api.server.once('request', (_request, answer) => {
    arrived.resolve();
    answer.once('close', left.resolve);
  });
  const leaving = new AbortController();
  const body = JSON.stringify(aBody('web-2'));
  const second = fetch(`${base}/v1/vms?wait=300`, { method: 'POST', headers, body, signal: leaving.signal });
  await arrived.promise;
  leaving.abort();
  await assert.rejects(second);
  await left.promise;
  const before = openWatches();
  endWrite();
  assert.equal((await asked).status, 202);
  await until(() => world.plane.model.get('web-2') !== undefined);
  // What was asked for is done; the wait for its end would be one more watch.
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  assert.equal(openWatches(), before);
  await world.stop();
});

test('a change that is on its way to the disk when the server closes is answered', async () => {
  const { world, asked, endWrite } = await aSlowChange();
  const closed = world.api.close();
  endWrite();
  assert.equal((await asked).status, 202);
  await closed;
  await world.stop();
});

test('a request that comes while the server closes is refused as not_ready, by the one envelope', async () => {
  const { world, base, headers, endWrite } = await aSlowChange();
  const closed = world.api.close();
  for (const path of ['/v1/vms', '/readyz']) {
    const late = await fetch(`${base}${path}`, { headers });
    const text = await late.text();
    assert.equal(late.status, 503);
    assert.equal(JSON.parse(text).error?.code, 'not_ready', text);
  }
  assert.equal((await fetch(`${base}/healthz`)).status, 200);
  endWrite();
  await closed;
  await world.stop();
});
