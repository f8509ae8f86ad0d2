import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { anApi, type TestApi } from '../testing/test-api.ts';
import { aBody } from '../testing/test-plane.ts';

/** As clients ask that would rather speak HTTP/2 (Java's, `curl --http2`), and take HTTP/1.1. */
const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };

async function ask(world: TestApi, base: string, method: string, path: string, body: string | null) {
  const type = body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const headers = { authorization: `Bearer ${world.token}`, ...offer, ...type };
  const asked = request(`${base}${path}`, { method, headers });
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly text: string }>();
  asked.on('error', reject);
  asked.on('response', async (answer) => {
    resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(await answer.toArray()).toString() });
  });
  asked.end(body);
  return await promise;
}

test('a request that would rather be HTTP/2 is answered as any other, its body included', async () => {
  const world = await anApi();
  const base = await world.listen();
  const created = await ask(world, base, 'POST', '/v1/vms', JSON.stringify(aBody('web-1')));
  assert.equal(created.status, 202, created.text);
  const read = await ask(world, base, 'GET', '/v1/vms/web-1', null);
  assert.equal(read.status, 200, read.text);
  assert.equal(JSON.parse(read.text).name, 'web-1');
  await world.stop();
});
