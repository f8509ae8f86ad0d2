import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createHealthProber } from './health-prober.ts';

const prober = createHealthProber();
const server = createServer((request, response) => {
  if (request.url === '/hang') return;
  response.writeHead(request.url === '/well' ? 204 : 503).end();
});
let port = 0;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
after(() => server.close());

const never = new AbortController().signal;

test('tcp() is null when the port accepts, and says why when it does not', async () => {
  assert.equal(await prober.tcp({ host: '127.0.0.1', port }, never), null);
  assert.match((await prober.tcp({ host: '127.0.0.1', port: 1 }, never)) ?? '', /ECONNREFUSED/);
});

test('http() is null for 2xx and 3xx, and names any other status', async () => {
  assert.equal(await prober.http({ host: '127.0.0.1', port, path: '/well' }, never), null);
  assert.equal(await prober.http({ host: '127.0.0.1', port, path: '/' }, never), 'answered with status 503');
});

test('a probe ends with the reason of its signal', async () => {
  const aborter = new AbortController();
  const probe = prober.http({ host: '127.0.0.1', port, path: '/hang' }, aborter.signal);
  aborter.abort(new Error('too slow'));
  await assert.rejects(probe, /too slow/);
});
