/** Images over TLS: whose certificate is trusted, and what a redirect may lead to (spec §12). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { someBytes } from '../../ports/testing/image-fixtures.ts';
import { type Certificate, makeCertificate, opensslMissing } from '../../rpc/testing/certificate.ts';
import { download, refusal } from './testing/download.ts';
import { TestServer } from './testing/test-server.ts';

const disk = Buffer.from(someBytes(1));

/** A server that has `/disk` and redirects `/go` to wherever it is told. */
async function aTlsServer({ cert, key }: Certificate) {
  let location = '';
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    seen.push(request.headers);
    if (request.url === '/go') response.writeHead(302, { location }).end();
    else response.end(disk);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    url: (path: string) => `https://localhost:${port}/${path}`,
    redirectTo(url: string): void {
      location = url;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function aCertificate(): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
  try {
    return makeCertificate(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe('images over https', { skip: opensslMissing() ?? false }, () => {
  it('a server whose certificate nobody vouches for is refused, and the answer says why', async () => {
    await using server = await aTlsServer(aCertificate());
    const fault = await refusal('network', download(server.url('disk')));
    assert.equal(fault.details['system'], 'DEPTH_ZERO_SELF_SIGNED_CERT');
    assert.deepEqual(server.seen, [], 'nothing was asked of it');
  });

  it('redirects stay with https, unless a digest vouches for the bytes; private addresses are refused there too', async (t) => {
    const certificate = aCertificate();
    const before = getCACertificates('default');
    t.after(() => setDefaultCACertificates(before));
    setDefaultCACertificates([...before, certificate.cert]);
    await using server = await aTlsServer(certificate);
    const plain = await new TestServer().listen();
    t.after(() => plain.close());
    plain.put('disk', disk);

    assert.deepEqual(await download(server.url('disk')), disk);
    server.redirectTo('/disk');
    assert.deepEqual(await download(server.url('go')), disk);
    server.redirectTo(plain.url('disk'));
    await refusal('redirect_downgrade', download(server.url('go')));
    assert.equal(plain.fetches('disk'), 0, 'not even asked');
    assert.deepEqual(await download(server.url('go'), { digestKnown: true }), disk);
    server.redirectTo('https://10.1.2.3/disk');
    await refusal('private_address', download(server.url('go'), { digestKnown: true }));
    plain.handlers.set('up', (_request, response) => response.writeHead(301, { location: server.url('disk') }).end());
    assert.deepEqual(await download(plain.url('up').replace('http://', 'http://me:secret@')), disk);
    assert.equal(server.seen.at(-1)?.authorization, undefined, 'credentials stay with their own origin');
  });
});
