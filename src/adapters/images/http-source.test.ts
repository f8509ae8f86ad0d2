import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import { it } from 'node:test';
import { faultCode } from '../../core/kit/fault.ts';
import { someBytes } from '../../ports/testing/image-fixtures.ts';
import { MAX_REDIRECTS } from './http-source.ts';
import { download, refusal } from './testing/download.ts';
import { TestServer } from './testing/test-server.ts';

async function aServer() {
  const server = await new TestServer().listen();
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}

it('redirects are followed a few times and no further', async () => {
  await using server = await aServer();
  server.put('disk', someBytes(1));
  for (let hop = 1; hop <= MAX_REDIRECTS + 1; hop += 1) {
    const location = hop === 1 ? '/disk' : `hop-${hop - 1}`;
    server.handlers.set(`hop-${hop}`, (_request, response) => response.writeHead(302, { location }).end());
  }
  assert.deepEqual(await download(server.url(`hop-${MAX_REDIRECTS}`)), Buffer.from(someBytes(1)));
  await refusal('redirects', download(server.url(`hop-${MAX_REDIRECTS + 1}`)));
  server.handlers.set('loop', (_request, response) => response.writeHead(301, { location: '/loop' }).end());
  await refusal('redirects', download(server.url('loop')));
});

it('a redirect to a private address, a file or another scheme is refused', async () => {
  await using server = await aServer();
  for (const host of ['127.0.0.2', '[::1]', '169.254.169.254', '10.1.2.3', 'localhost.', '[::ffff:10.0.0.1]']) {
    const location = `http://${host}:${server.port}/disk`;
    server.handlers.set('go', (_request, response) => response.writeHead(307, { location }).end());
    // 'localhost.' may resolve to the loopback address that plays the internet, so its lookup is fixed here.
    const lookup: LookupFunction = (_name, _options, callback) => callback(null, [{ address: '127.0.0.3', family: 4 }]);
    await refusal('private_address', download(server.url('go'), { lookup }));
  }
  for (const location of ['file:///etc/passwd', 'ftp://host/x', 'gopher://x', 'http://']) {
    server.handlers.set('go', (_request, response) => response.writeHead(302, { location }).end());
    await refusal('redirect_scheme', download(server.url('go')));
  }
});

it('a name is judged by the addresses the connection uses, so that rebinding gains nothing', async () => {
  await using server = await aServer();
  server.put('disk', someBytes(2));
  const answers = ['127.0.0.1', '127.0.0.9'];
  const lookup: LookupFunction = (_name, options, callback) => {
    assert.equal(options.all, true);
    callback(null, [{ address: answers.shift() ?? '10.0.0.1', family: 4 }]);
  };
  const url = `http://images.test:${server.port}/disk`;
  assert.equal((await download(url, { lookup })).length, 200 * 512);
  const fault = await refusal('private_address', download(url, { lookup }));
  assert.ok(!fault.message.includes('127.0.0.9'), 'what a name resolves to is not told');
  await refusal('private_address', download(url, { lookup }));
  assert.equal(server.fetches('disk'), 1);
});

it('of several addresses only the allowed ones are tried', async () => {
  await using server = await aServer();
  server.put('disk', someBytes(3));
  const lookup: LookupFunction = (_name, _options, callback) =>
    callback(null, [
      { address: '127.0.0.9', family: 4 },
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]);
  assert.equal((await download(`http://images.test:${server.port}/disk`, { lookup })).length, 200 * 512);
});

it('credentials go to their own origin only and never into a message', async () => {
  await using server = await aServer();
  await using other = await aServer();
  const seen: IncomingHttpHeaders[] = [];
  server.handlers.set('same', (request, response) => {
    seen.push(request.headers);
    response.writeHead(302, { location: '/away' }).end();
  });
  server.handlers.set('away', (request, response) => {
    seen.push(request.headers);
    response.writeHead(302, { location: other.url('disk').replace('//', '//evil:evil@') }).end();
  });
  other.handlers.set('disk', (request, response) => {
    seen.push(request.headers);
    response.writeHead(403).end();
  });
  const fault = await refusal('status', download(server.url('same').replace('//', '//user:hunter2@')));
  const basic = `Basic ${Buffer.from('user:hunter2').toString('base64')}`;
  assert.deepEqual(
    seen.map((headers) => headers.authorization),
    [basic, basic, undefined],
  );
  assert.ok(!JSON.stringify([fault.message, fault.details]).includes('hunter2'));
});

it('a server that stalls, before or in the middle of its answer, is given up after the idle time', async () => {
  await using server = await aServer();
  server.handlers.set('mute', () => undefined);
  server.handlers.set('stall', (_request, response) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write('x');
  });
  const limits = { idleMs: 60, totalMs: 60_000 };
  await refusal('idle_time', download(server.url('mute'), { limits }));
  await refusal('idle_time', download(server.url('stall'), { limits }));
});

it('a server that trickles is given up after the total time', async () => {
  await using server = await aServer();
  server.handlers.set('trickle', (_request, response) => {
    const timer = setInterval(() => response.write('x'), 10);
    response.on('close', () => clearInterval(timer));
  });
  await refusal('total_time', download(server.url('trickle'), { limits: { idleMs: 5_000, totalMs: 150 } }));
});

it('a download that breaks off is a short read, whatever its framing', async () => {
  await using server = await aServer();
  server.handlers.set('sized', (_request, response) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write('half', () => response.socket?.end());
  });
  server.handlers.set('chunked', (_request, response) => {
    response.write('half', () => response.socket?.destroy());
  });
  for (const name of ['sized', 'chunked']) {
    assert.equal((await refusal('short_read', download(server.url(name)))).details['bytes'], 4);
  }
});

it('statuses other than 200, refused connections and unknown names are image_unavailable', async () => {
  await using server = await aServer();
  for (const status of [204, 206, 304, 403, 404, 500, 503]) {
    server.handlers.set('answer', (_request, response) => response.writeHead(status).end());
    assert.equal((await refusal('status', download(server.url('answer')))).details['status'], status);
  }
  server.handlers.set('nowhere', (_request, response) => response.writeHead(302).end());
  await refusal('status', download(server.url('nowhere')));
  assert.equal((await refusal('network', download('http://127.0.0.1:1/'))).details['system'], 'ECONNREFUSED');
  const lookup: LookupFunction = (_name, _options, callback) =>
    callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '', 0);
  const fault = await refusal('network', download('http://images.test/', { lookup }));
  assert.equal(fault.details['system'], 'ENOTFOUND');
});

it('an abort ends a download at once with its own reason', async () => {
  await using server = await aServer();
  const stop = new AbortController();
  server.handlers.set('mute', () => stop.abort(new Error('enough')));
  await assert.rejects(download(server.url('mute'), {}, stop.signal), (error) => {
    assert.equal(faultCode(error), 'internal');
    return error instanceof Error && error.message === 'enough';
  });
});
