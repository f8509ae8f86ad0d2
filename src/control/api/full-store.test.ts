import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultCode } from '../../core/kit/fault.ts';
import { anApi, aRunningVm } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';

/** A cluster with one running VM, whose store has no room for anything more while `isFull`. */
async function aFullStore() {
  const disk = { isFull: false };
  const decideFate = () =>
    disk.isFull ? ({ kind: 'refused', code: 'store_full' } as const) : { kind: 'durable' as const };
  const world = await anApi({}, { decideFate });
  const node = await aRunningVm(world);
  return { world, node, disk };
}

test('while the disk of the store is full every write is 507 store_full and changes nothing; reads go on (spec §11)', async () => {
  const { world, node, disk } = await aFullStore();
  const before = (await world.call('GET', '/v1/vms/web-1')).json;
  disk.isFull = true;
  const manifest = { api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody('web-2') };
  const writes: readonly (readonly ['POST' | 'PATCH' | 'DELETE', string, unknown])[] = [
    ['POST', '/v1/vms', aBody('web-2')],
    ['POST', '/v1/apply', JSON.stringify(manifest)],
    ['PATCH', '/v1/vms/web-1', { labels: { tier: 'front' } }],
    ...(['stop', 'poweroff', 'reboot', 'pause', 'reset'] as const).map(
      (verb) => ['POST', `/v1/vms/web-1/${verb}`, undefined] as const,
    ),
    ['DELETE', '/v1/vms/web-1', undefined],
  ];
  for (const [method, url, body] of writes) {
    const headers = { 'idempotency-key': `${method}:${url}` };
    const { status, json } = await world.call(method, url, { body, headers });
    assert.equal(status, 507, `${method} ${url}: ${JSON.stringify(json)}`);
    assert.equal(json.error.code, 'store_full');
  }
  const after = (await world.call('GET', '/v1/vms/web-1')).json;
  assert.deepEqual(
    [after.generation, after.revision, after.labels],
    [before.generation, before.revision, before.labels],
  );
  assert.equal(after.status.phase, 'running', 'nothing was asked of the node');
  assert.equal(node.observed.get(after.uid)?.incarnation?.state, 'running');
  for (const url of ['/v1/vms', '/v1/vms/web-1', '/v1/tasks', '/v1/events', '/v1/nodes', '/readyz']) {
    assert.equal((await world.call('GET', url)).status, 200, url);
  }
  assert.equal((await world.call('GET', '/v1/vms/web-2')).status, 404);
  disk.isFull = false;
  const headers = { 'idempotency-key': 'PATCH:/v1/vms/web-1' };
  const again = await world.call('PATCH', '/v1/vms/web-1', { body: { labels: { tier: 'front' } }, headers });
  assert.equal(again.status, 200, 'the same key is not answered with what was refused');
  assert.deepEqual(again.json.labels, { tier: 'front' });
  await world.stop();
});

test('what a node reports while the disk of the store is full is stored once there is room, and its task ends (spec §11)', async () => {
  const { world, node, disk } = await aFullStore();
  const stop = (await world.call('POST', '/v1/vms/web-1/stop')).json;
  await world.clock.settle();
  await node.pull();
  disk.isFull = true;
  await assert.rejects(node.obey(), (error) => faultCode(error) === 'store_full');
  await world.clock.advance(20_000);
  assert.equal((await world.call('GET', `/v1/tasks/${stop.id}`)).json.status !== 'success', true);
  disk.isFull = false;
  await node.report();
  await world.clock.advance(2_000);
  assert.equal((await world.call('GET', '/v1/vms/web-1')).json.status.phase, 'stopped');
  assert.equal((await world.call('GET', `/v1/tasks/${stop.id}`)).json.status, 'success');
  await world.stop();
});
