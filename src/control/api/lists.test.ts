import assert from 'node:assert/strict';
import { test } from 'node:test';
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
