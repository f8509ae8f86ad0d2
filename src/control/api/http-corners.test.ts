/** The corners of HTTP that Node would answer by itself: by the one envelope, counted, and never for longer than it takes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { errorSchema } from '../../wire/http/answers.ts';
import { anApi, aRunningVm, type TestApi } from '../testing/test-api.ts';
import { aBody, countedRandom } from '../testing/test-plane.ts';
import { lingerMs, pipelinedMax } from './api-config.ts';
import { createSocketRefusals } from './socket-refusals.ts';

async function open(base: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(base).port), allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything that is answered until the server closes its side. */
async function ask(base: string, request: string): Promise<string> {
  const socket = await open(base);
  socket.write(request, 'latin1');
  const answer = await text(socket);
  socket.destroy();
  return answer;
}

const head = (line: string, ...headers: readonly string[]): string => `${[line, ...headers].join('\r\n')}\r\n\r\n`;
const upgrade = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket'];

const corners: readonly (readonly [string, string, number, string])[] = [
  ['another Expect', head('GET /healthz HTTP/1.1', 'Host: x', 'Expect: nonsense'), 417, 'expectation_failed'],
  ['CONNECT', head('CONNECT x.example:443 HTTP/1.1', 'Host: x'), 405, 'method_not_allowed'],
  ['no Host', head('GET /healthz HTTP/1.1', 'Connection: close'), 400, 'bad_request'],
  ['two Hosts', head('GET /healthz HTTP/1.1', 'Host: x', 'hOST: y', 'Connection: close'), 400, 'bad_request'],
  ['no request line', head('nonsense'), 400, 'bad_request'],
  ['an unknown method', head('BREW /healthz HTTP/1.1', 'Host: x'), 400, 'bad_request'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'bad_request'],
  [
    'a header that is too large',
    head('GET / HTTP/1.1', 'Host: x', `X: ${'x'.repeat(20_000)}`),
    431,
    'headers_too_large',
  ],
  [
    'two lengths',
    head('POST /v1/vms HTTP/1.1', 'Host: x', 'Content-Length: 2', 'Content-Length: 3'),
    400,
    'bad_request',
  ],
  ['a path that is no URL', head('GET /%zz HTTP/1.1', 'Host: x', 'Connection: close'), 400, 'bad_request'],
];

async function countOf(world: TestApi, status: number): Promise<number> {
  const { text: metrics } = await world.call('GET', '/metrics');
  const lines = metrics.split('\n').filter((line) => line.startsWith('holdfast_http_requests_total'));
  const counts = lines
    .filter((line) => line.includes(`status="${status}"`))
    .map((line) => Number(line.split(' ').at(-1)));
  return counts.reduce((sum, count) => sum + count, 0);
}

test('what no route can answer has the one envelope too, its own status, and is counted', async () => {
  const world = await anApi();
  const base = await world.listen();
  for (const [what, request, status, code] of corners) {
    const before = await countOf(world, status);
    const [headers = '', body = ''] = (await ask(base, request)).split('\r\n\r\n');
    assert.match(headers, new RegExp(`^HTTP/1\\.1 ${status} `), what);
    assert.match(headers, /^x-request-id: \S+/m, what);
    assert.equal(errorSchema.parse(JSON.parse(body)).error.code, code, what);
    assert.equal(await countOf(world, status), before + 1, `${what} is counted`);
  }
  await world.stop();
});

test('a monitor may look with HEAD: what GET would say, without the body', async () => {
  const world = await anApi();
  const base = await world.listen();
  for (const path of ['/healthz', '/readyz', '/docs', '/openapi.json']) {
    const answer = await ask(base, head(`HEAD ${path} HTTP/1.1`, 'Host: x', 'Connection: close'));
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*content-length: [1-9][\s\S]*\r\n\r\n$/i, path);
  }
  const headers = ['Host: x', `Authorization: Bearer ${world.token}`, 'Content-Length: 0', 'Connection: close'];
  const other = await ask(base, head('POST /healthz HTTP/1.1', ...headers));
  assert.match(other, /^HTTP\/1\.1 405 [\s\S]*allow: GET, HEAD\r\n/);
  await world.stop();
});

test('a request that did not come in time is told so', async () => {
  const { unreadable } = createSocketRefusals({
    clock: { sleep: async () => undefined },
    random: countedRandom(),
    requests: { count: () => undefined },
    closing: new AbortController().signal,
  });
  const socket = new PassThrough();
  unreadable(Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
  assert.match(await text(socket), /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"code":"request_timeout"/);
});

test('a handshake that is no WebSocket one gets the envelope, and a WebSocket where there is none is a request like any other', async () => {
  const world = await anApi();
  const base = await world.listen();
  await aRunningVm(world);
  const ticket = async (): Promise<string> => (await world.call('POST', '/v1/vms/web-1/console')).json.path;
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  for (const wrong of [
    ['Sec-WebSocket-Version: 13'],
    ['Sec-WebSocket-Version: 99', key],
    ['Sec-WebSocket-Version: 13', key, 'Sec-WebSocket-Protocol: ,,'],
  ]) {
    const answer = await ask(base, head(`GET ${await ticket()} HTTP/1.1`, ...upgrade, ...wrong));
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, wrong.join());
    assert.match(answer, /"code":"bad_request","message":"The WebSocket handshake is wrong: /);
  }
  const headers = [
    `Authorization: Bearer ${world.token}`,
    'Host: x',
    'Connection: Upgrade, close',
    'Upgrade: websocket',
  ];
  const list = await ask(base, head('GET /v1/vms HTTP/1.1', ...headers, key, 'Sec-WebSocket-Version: 13'));
  assert.match(list, /^HTTP\/1\.1 200 OK\r\n/);
  await world.stop();
});

test('a client that is refused and neither reads nor closes is cut off', async () => {
  const world = await anApi();
  const base = await world.listen();
  const socket = await open(base);
  socket.resume();
  socket.write('nonsense\r\n\r\n');
  await once(socket, 'end');
  assert.equal(await connections(world), 1);
  socket.write('still here');
  await world.clock.advance(lingerMs);
  while ((await connections(world)) > 0) await new Promise(setImmediate);
  socket.destroy();
  await world.stop();
});

const connections = (world: TestApi): Promise<number> =>
  new Promise((resolve, reject) => {
    world.api.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });

test('requests that are sent before the last is answered have a limit, and are answered in order', async () => {
  const world = await anApi();
  const base = await world.listen();
  await world.call('POST', '/v1/vms', { body: aBody('web-1') });
  const sent = pipelinedMax * 3;
  const headers = ['Host: x', `Authorization: Bearer ${world.token}`];
  const requests = Array.from({ length: sent }, (_, at) => {
    const last = at === sent - 1 ? ['Connection: close'] : [];
    return head('GET /v1/vms/web-1 HTTP/1.1', ...headers, ...last);
  });
  const answers = await ask(base, requests.join(''));
  const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);
  const refused = statuses.filter((status) => status === '429');
  assert.equal(statuses.length, sent);
  assert.deepEqual(statuses.slice(0, pipelinedMax), Array(pipelinedMax).fill('200'));
  assert.ok(refused.length >= pipelinedMax, `${refused.length} of ${sent} were refused`);
  assert.match(answers, /"code":"rate_limited","message":"More than 16 requests of this connection wait/);
  // One after the other there is no limit.
  const socket = await open(base);
  for (let n = 0; n < sent; n += 1) {
    socket.write(head('GET /v1/vms/web-1 HTTP/1.1', ...headers));
    const [data] = (await once(socket, 'data')) as [Buffer];
    assert.match(data.toString(), /^HTTP\/1\.1 200 OK/);
  }
  socket.destroy();
  await world.stop();
});

test('what cannot be read on a connection whose answer is under way ends it without a word into that answer', async () => {
  const world = await anApi();
  const base = await world.listen();
  const socket = await open(base);
  const headers = ['Host: x', `Authorization: Bearer ${world.token}`];
  socket.write(head('GET /v1/vms?watch=true HTTP/1.1', ...headers));
  await once(socket, 'data');
  let more = '';
  socket.on('data', (data) => {
    more += String(data);
  });
  socket.write('nonsense\r\n\r\n');
  await once(socket, 'end');
  socket.destroy();
  assert.doesNotMatch(more, /HTTP\/1\.1/);
  await world.stop();
});
