import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
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
const hangs = () => new Promise<boolean>(() => undefined);

async function listen(onConnection: (socket: Socket) => void) {
  const tcp = createTcpServer(onConnection);
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  return {
    target: { host: '127.0.0.1', port: (tcp.address() as AddressInfo).port },
    close: () => tcp.close(),
  };
}

test('tcp() is null once whoever forwards says that the guest has accepted, and not before', async () => {
  const target = { host: '127.0.0.1', port };
  const answers = [false, false, true];
  assert.equal(await prober.tcp(target, async () => answers.shift() ?? true, never), null);
  assert.deepEqual(answers, []);
  const aborter = new AbortController();
  const silent = prober.tcp(
    target,
    async () => {
      aborter.abort(new Error('too slow'));
      return false;
    },
    aborter.signal,
  );
  await assert.rejects(silent, /too slow/, 'a forward that accepts by itself proves nothing');
});

test('tcp() is null when the guest says something, and tells a refusal behind the forward from an acceptance', async () => {
  const banner = await listen((socket) => socket.end('SSH-2.0'));
  assert.equal(await prober.tcp(banner.target, hangs, never), null);
  // A forward closes what the guest refused; a guest that closes at once had accepted.
  const closing = await listen((socket) => socket.end());
  assert.equal(await prober.tcp(closing.target, async () => false, never), 'the guest refused the connection');
  assert.equal(await prober.tcp(closing.target, async () => true, never), null);
  banner.close();
  closing.close();
});

test('tcp() says why nobody listens, and throws what whoever forwards throws', async () => {
  assert.match((await prober.tcp({ host: '127.0.0.1', port: 1 }, hangs, never)) ?? '', /ECONNREFUSED/);
  const asked = prober.tcp(
    { host: '127.0.0.1', port },
    () => Promise.reject(new Error('the monitor is silent')),
    never,
  );
  await assert.rejects(asked, /the monitor is silent/);
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
