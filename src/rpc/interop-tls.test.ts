import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { connectRpc } from './rpc.ts';
import { type Serving, serveRpc } from './serve.ts';
import { type Certificate, makeCertificate, opensslMissing } from './testing/certificate.ts';
import { buildCpp, cppMissing, startProcess } from './testing/cpp-peer.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything } from './testing/generated/everything.ts';
import { SCENARIOS } from './testing/scenarios.ts';
import { seededRandom } from './testing/seeded-random.ts';

const noOpenssl = opensslMissing();
const noCpp = noOpenssl ?? cppMissing();

suite('over TLS', { skip: noOpenssl }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-tls-'));
  let certificate: Certificate;
  let serving: Serving;
  let port = 0;

  before(async () => {
    certificate = makeCertificate(dir);
    const server = createServer({ cert: certificate.cert, key: certificate.key });
    serving = serveRpc(server, { bootstrap: everything(everythingState()) });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    port = (server.address() as AddressInfo).port;
  });

  after(async () => {
    await serving.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const talk = async (to: number): Promise<void> => {
    const socket = connect({ host: 'localhost', port: to, ca: certificate.cert, servername: 'localhost' });
    const connection = connectRpc(socket);
    const root = connection.bootstrap(Everything);
    for (const { run } of SCENARIOS.filter(({ name }) => name !== 'embargo')) await run(root, seededRandom(1));
    connection.close();
    assert.equal((await connection.closed).message, 'the connection was closed');
  };

  test('TypeScript talks to TypeScript', () => talk(port));

  test('a TypeScript client talks to a C++ server', { skip: noCpp }, async (context) => {
    const { certFile, keyFile } = certificate;
    const argv = [buildCpp('peer'), 'server', '127.0.0.1:0', certFile, keyFile];
    const server = await startProcess(argv, 'ready');
    context.after(() => server.child.kill());
    const cppPort = Number(/port (\d+)/.exec(server.output())?.[1]);
    await talk(cppPort);
  });

  test('a C++ client talks to a TypeScript server', { skip: noCpp }, async () => {
    const argv = [buildCpp('peer'), 'client', `localhost:${port}`, 'embargo', '20', certificate.certFile];
    const { done } = await startProcess(argv);
    const { code, output } = await done;
    assert.equal(code, 0, output);
  });
});
