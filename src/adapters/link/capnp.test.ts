import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { Fault } from '../../core/kit/fault.ts';
import { controlLinkContract } from '../../ports/control-link.contract.ts';
import type { OpenLink } from '../../ports/control-link-harness.contract.ts';
import { aDesired, aHello, aNode, anAssignment, createPlane } from '../../ports/testing/control-link-samples.ts';
import { Connection } from '../../rpc/connection.ts';
import { makeCertificate, opensslMissing } from '../../rpc/testing/certificate.ts';
import { Control } from '../../wire/generated/node.ts';
import { helloToWire } from '../../wire/link/hello-wire.ts';
import { createCapnpLink } from './capnp-client.ts';
import { serveNode } from './capnp-node-server.ts';
import { serveControl } from './capnp-server.ts';

interface Transport {
  readonly server: Server;
  /** Where to listen; `port: 0` is chosen by the kernel. */
  readonly listen: { readonly path: string } | { readonly port: number; readonly host: string };
  dial(server: Server): Promise<Socket>;
  stop(): void;
}

async function connected(socket: Socket, event = 'connect'): Promise<Socket> {
  await once(socket, event);
  return socket;
}

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
};

const openOver =
  (make: () => Transport | Promise<Transport>): OpenLink =>
  async (service) => {
    const transport = await make();
    const sockets = new Set<Socket>();
    const serving = serveControl(transport.server, service);
    transport.server.listen(transport.listen);
    await once(transport.server, 'listening');
    const dial = async (): Promise<Duplex> => {
      const socket = await transport.dial(transport.server);
      sockets.add(socket);
      return socket;
    };
    return {
      link: createCapnpLink({ dial }),
      cut: () => {
        for (const socket of sockets) socket.destroy();
      },
      unplug: async () => {
        await serving.close();
      },
      bytesToNode: () => [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0),
      stop: async () => {
        await serving.close();
        transport.stop();
      },
    };
  };

controlLinkContract(
  'capnp over a unix socket',
  openOver(() => {
    const dir = mkdtempSync(join(tmpdir(), 'holdfast-link-'));
    const path = join(dir, 'control.sock');
    return {
      server: createServer(),
      listen: { path },
      dial: () => connected(connect(path)),
      stop: () => rmSync(dir, { recursive: true, force: true }),
    };
  }),
);

controlLinkContract(
  'capnp over TCP',
  openOver(() => ({
    server: createServer(),
    listen: { port: 0, host: '127.0.0.1' },
    dial: (server) => connected(connect(portOf(server), '127.0.0.1')),
    stop: () => undefined,
  })),
);

test('an agent that does not say that it takes pages is told every entry: an empty set would leave its VMs unassigned', async () => {
  const plane = createPlane();
  plane.publish(anAssignment(1, [aDesired(1), aDesired(2)]));
  const server = createServer();
  const serving = serveControl(server, plane.service);
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const connection = new Connection(await connected(connect(portOf(server), '127.0.0.1')), {});
  try {
    using control = connection.bootstrap(Control);
    using connecting = control.connect((params) => {
      const hello = params._initHello();
      helloToWire(aHello(), [], hello);
      hello.takesPages = false;
      params.node = serveNode(aNode(), connection.closed);
    });
    using session = (await connecting.promise()).session.dup();
    using call = session.getAssignment(() => undefined);
    const { assignment } = await call.promise();
    assert.deepEqual(
      assignment.entries.map(({ uid }) => uid),
      [aDesired(1).uid, aDesired(2).uid],
    );
  } finally {
    connection.close('the test is over');
    await serving.close();
  }
});

test('the node of a connection that may not speak for it is let go at once', async () => {
  const server = createServer();
  const admit = (): void => {
    throw new Fault('forbidden', 'Not this one', { retry: 'never' });
  };
  const serving = serveControl(server, createPlane().service, { admit });
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const connection = new Connection(await connected(connect(portOf(server), '127.0.0.1')), {});
  try {
    using control = connection.bootstrap(Control);
    {
      using connecting = control.connect((params) => {
        helloToWire(aHello(), [], params._initHello());
        params.node = serveNode(aNode(), connection.closed);
      });
      assert.equal((await connecting.promise()).fault.code, 'forbidden');
    }
    assert.equal(connection.stats.exports, 0);
  } finally {
    connection.close('the test is over');
    await serving.close();
  }
});

const noTls = opensslMissing();
if (noTls === undefined) {
  controlLinkContract(
    'capnp over TLS',
    openOver(() => {
      const dir = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
      const { cert, key } = makeCertificate(dir);
      const dial = (server: Server) => {
        const options = { port: portOf(server), host: '127.0.0.1', servername: 'localhost', ca: cert };
        return connected(connectTls(options), 'secureConnect');
      };
      return {
        server: createTlsServer({ cert, key }),
        listen: { port: 0, host: '127.0.0.1' },
        dial,
        stop: () => rmSync(dir, { recursive: true, force: true }),
      };
    }),
  );
} else {
  test('control link contract: capnp over TLS', { skip: noTls });
}
