import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import { asUid } from '../../core/kit/brand.ts';
import { put, rowOf, vmKey, vmPrefix } from '../rows.ts';
import { anApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';

async function threeVms() {
  const world = await anApi();
  for (const name of ['a', 'b', 'c'])
    await world.call('POST', '/v1/vms', { body: aBody(name, { labels: { of: name } }) });
  const names = async (query: string): Promise<readonly string[]> =>
    (await world.call('GET', `/v1/vms?${query}`)).json.items.map(({ name }: { readonly name: string }) => name);
  return { world, names };
}

test('?name= lists only the VM of that name, with and without other filters', async () => {
  const { world, names } = await threeVms();
  assert.deepEqual(await names('name=b'), ['b']);
  assert.deepEqual(await names('name=b&label_selector=of%3Db'), ['b']);
  assert.deepEqual(await names('name=b&label_selector=of%3Da'), []);
  assert.deepEqual(await names('name=nobody'), []);
  const page = (await world.call('GET', '/v1/vms?name=b&limit=1')).json;
  assert.deepEqual([page.items.length, page.next_cursor], [1, null]);
  await world.stop();
});

test('a cursor continues the list that gave it, and no other', async () => {
  const { world, names } = await threeVms();
  const { next_cursor: ofVms } = (await world.call('GET', '/v1/vms?limit=1')).json;
  const { next_cursor: ofTasks } = (await world.call('GET', '/v1/tasks?limit=1')).json;
  assert.deepEqual(await names(`cursor=${ofVms}`), ['b', 'c']);
  for (const url of [`/v1/tasks?cursor=${ofVms}`, `/v1/events?cursor=${ofTasks}`, `/v1/vms?cursor=${ofTasks}`]) {
    const { status, json } = await world.call('GET', url);
    assert.deepEqual([status, json.error.code], [410, 'cursor_expired'], url);
  }
  await world.stop();
});

test('a filter that matches little is answered by short pages: no page looks at all records there are', async () => {
  const world = await anApi();
  await world.call('POST', '/v1/vms', { body: aBody('a') });
  const { store } = world.plane.ctx;
  const [entry] = store.list(vmPrefix);
  assert.ok(entry !== undefined);
  const record = rowOf<VmRecord>(entry).value;
  const more = Array.from({ length: 4_200 }, (_, at): VmRecord => {
    const name = `vm-${String(at).padStart(4, '0')}`;
    return { ...record, name, uid: asUid(`00000000-0000-7000-8000-${String(at).padStart(12, '0')}`) };
  });
  const last: VmRecord = { ...record, name: 'z', uid: asUid('00000000-0000-7000-8000-999999999999') };
  await store.commit({ put: [...more, { ...last, desiredPhase: 'stopped' }].map((vm) => put(vmKey(vm.name), vm)) });
  const pages: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { json } = await world.call('GET', `/v1/vms?desired_phase=stopped${after}`);
    pages.push(json.items.map(({ name }: { readonly name: string }) => name));
    cursor = json.next_cursor;
  }
  assert.deepEqual(pages, [[], [], ['z']]);
  await world.stop();
});
