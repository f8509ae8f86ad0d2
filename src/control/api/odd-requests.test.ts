/** Requests that say nothing, or the same in an odd way: each answer is a sentence that fits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';

test('a request without a body, an empty query and a bad number are told as what they are', async () => {
  const world = await anApi();
  const first = async (method: 'GET' | 'POST' | 'PATCH', path: string, given: object = {}) => {
    const { status, json } = await world.call(method, path, given);
    assert.equal(status, 422, path);
    return json.error.details.offences[0].message as string;
  };
  assert.equal(await first('POST', '/v1/vms'), 'There is no document');
  await world.call('POST', '/v1/vms', { body: aBody('a') });
  assert.equal(await first('PATCH', '/v1/vms/a'), 'There is no document');
  assert.equal(await first('GET', '/v1/vms?label_selector='), 'It is empty');
  assert.equal(await first('GET', '/v1/vms?fields='), 'It is empty');
  assert.equal(await first('GET', '/v1/vms?limit=-1'), 'It is a whole number 1..500');
  assert.match(await first('POST', '/v1/tokens', { body: { name: '', role: 'viewer' } }), /^A name starts with/);
  await world.stop();
});

test('JSON behind a byte order mark is read', async () => {
  const world = await anApi();
  const { status } = await world.call('POST', '/v1/vms', { body: `\uFEFF${JSON.stringify(aBody('a'))}` });
  assert.equal(status, 202);
  await world.stop();
});

test('Accept is read in any case of letters, and a weighed one as it is meant', async () => {
  const world = await anApi();
  await world.call('POST', '/v1/vms', { body: aBody('a') });
  const typeFor = async (accept: string): Promise<string> => {
    const { headers } = await world.call('GET', '/v1/vms/a', { headers: { accept } });
    return String(headers['content-type']);
  };
  assert.equal(await typeFor('Application/YAML'), 'application/yaml; charset=utf-8');
  assert.equal(await typeFor('application/yaml;q=0.2, */*'), 'application/json; charset=utf-8');
  await world.stop();
});
