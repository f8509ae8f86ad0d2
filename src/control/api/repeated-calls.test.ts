/** Spec §4 `Idempotency-Key`: a call to the node is made once, however often its request comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anApi, aRunningVm } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';

const key = { 'idempotency-key': 'once' };

test('a pause under If-Match that is repeated gets its answer again, although the pause changed the revision', async () => {
  const world = await anApi();
  await aRunningVm(world);
  const { revision } = (await world.call('GET', '/v1/vms/web-1')).json;
  const headers = { ...key, 'if-match': `"${revision}"` };
  assert.equal((await world.call('POST', '/v1/vms/web-1/pause', { headers })).json.status.phase, 'paused');
  const again = await world.call('POST', '/v1/vms/web-1/pause', { headers });
  assert.equal(again.status, 200, again.text);
  assert.equal(again.headers['idempotent-replay'], 'true');
  await world.stop();
});

for (const verb of ['pause', 'reset'] as const) {
  test(`a ${verb} that is repeated when the node is away gets its answer again`, async () => {
    const world = await anApi();
    const node = await aRunningVm(world);
    assert.equal((await world.call('POST', `/v1/vms/web-1/${verb}`, { headers: key })).status, 200);
    const { generation } = (await world.call('GET', '/v1/vms/web-1')).json;
    node.session?.close();
    await world.clock.settle();
    const again = await world.call('POST', `/v1/vms/web-1/${verb}`, { headers: key });
    assert.equal(again.status, 200, again.text);
    assert.equal(again.headers['idempotent-replay'], 'true');
    assert.equal(again.json.generation, generation);
    await world.stop();
  });
}

test('a pause that is repeated while its call to the node is on its way is idempotency_in_progress', async () => {
  const world = await anApi();
  const node = await aRunningVm(world);
  const called = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  const pull = node.pull.bind(node);
  node.pull = async (signal) => {
    called.resolve();
    await letGo.promise;
    return await pull(signal);
  };
  const first = world.call('POST', '/v1/vms/web-1/pause', { headers: key });
  await called.promise;
  const meanwhile = await world.call('POST', '/v1/vms/web-1/pause', { headers: key });
  assert.equal(meanwhile.json.error?.code, 'idempotency_in_progress');
  letGo.resolve();
  assert.equal((await first).json.status.phase, 'paused');
  const again = await world.call('POST', '/v1/vms/web-1/pause', { headers: key });
  assert.equal(again.json.status.phase, 'paused');
  await world.stop();
});

test('a key means nothing on another path: what is asked of another VM is no repetition', async () => {
  const world = await anApi();
  for (const name of ['web-1', 'web-2']) await world.call('POST', '/v1/vms', { body: aBody(name) });
  for (const name of ['web-1', 'web-2']) {
    assert.equal((await world.call('POST', `/v1/vms/${name}/stop`, { headers: key })).status, 202);
    assert.equal((await world.call('GET', `/v1/vms/${name}`)).json.desired_phase, 'stopped');
  }
  await world.stop();
});
