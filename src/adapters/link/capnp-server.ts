/**
 * The control plane's side of the Cap'n Proto link: offers `Control` on every connection of a listener. Who is on the other
 * side of a connection (a unix peer, a TLS certificate) is for the composition root to check in `admit`.
 */
import type { Server as NetServer, Socket } from 'node:net';
import { Fault } from '../../core/kit/fault.ts';
import type { ControlService, ControlSession } from '../../ports/control-link.ts';
import type { Connection, ConnectionOptions } from '../../rpc/connection.ts';
import { type Serving, serveRpc } from '../../rpc/serve.ts';
import { Control$Server, type Session$Client, Session$Server } from '../../wire/generated/node.ts';
import { assignmentToWire, revisionFromWire, type SentAssignments } from '../../wire/link/assignment-wire.ts';
import { createKeptBodies, createSentBodies, keyOfHash } from '../../wire/link/bodies.ts';
import { helloFromWire } from '../../wire/link/hello-wire.ts';
import { createSentPages } from '../../wire/link/pages.ts';
import { reportFromWire } from '../../wire/link/report-wire.ts';
import { refusing } from './capnp-fault.ts';
import { linkLimits } from './capnp-limits.ts';
import { remoteNode } from './capnp-node-client.ts';

/** Agents of one control plane at once; the fleet meant is a thousand nodes. */
const agentConnectionsMax = 4_096;

export interface CapnpServerOptions {
  readonly connection?: Omit<ConnectionOptions, 'bootstrap' | 'onClose'>;
  /** Throws a `Fault` for a connection that may not speak for this node (spec §9). */
  readonly admit?: (node: string, socket: Socket | null) => void;
}

/** Serves agents on a listener: `net` for unix sockets and TCP, `tls` for TLS. */
export function serveControl(server: NetServer, service: ControlService, options: CapnpServerOptions = {}): Serving {
  const sockets = new WeakMap<Connection, Socket>();
  return serveRpc(server, {
    ...options.connection,
    limits: { ...linkLimits, ...options.connection?.limits },
    maxConnections: agentConnectionsMax,
    onConnection: (connection, socket) => sockets.set(connection, socket),
    bootstrap: (connection) =>
      control(connection, service, (node) => options.admit?.(node, sockets.get(connection) ?? null)),
  });
}

function control(connection: Connection, service: ControlService, admit: (node: string) => void) {
  let connected = false;
  let lost: string | null = null;
  connection.closed.then((reason) => {
    lost = reason.message;
  });
  return new Control$Server({
    connect: (params, results, { signal }) => {
      const hello = helloFromWire(params.hello);
      const sent = {
        pages: params.hello.takesPages ? createSentPages() : null,
        bodies: createSentBodies(params.hello.have.map((hash) => keyOfHash(hash.toUint8Array()))),
      };
      const node = params.node.dup();
      const accept = async (): Promise<ControlSession> => {
        if (connected) throw new Fault('node_in_use', 'One connection carries one session', { retry: 'never' });
        admit(hello.node);
        connected = true;
        const remote = remoteNode(node, hello.node, () => lost);
        return await service.connect(hello, remote, signal).catch((error: unknown) => {
          connected = false;
          throw error;
        });
      };
      return refusing(results, async () => {
        const session = await accept().catch((error: unknown) => {
          node.close();
          throw error;
        });
        connection.closed.then(() => {
          session.close();
          node.close();
        });
        session.closed.then((reason) => connection.close(reason));
        results.clusterId = session.clusterId;
        results.heartbeatMs = session.heartbeatMs;
        results.session = serveSession(session, sent);
      });
    },
  }).client();
}

function serveSession(session: ControlSession, sent: SentAssignments): Session$Client {
  const kept = createKeptBodies();
  return new Session$Server({
    getAssignment: (params, results, { signal }) => {
      const lastSeen = params._hasLastSeen() ? revisionFromWire(params.lastSeen) : null;
      return refusing(results, async () => {
        const assignment = await session.getAssignment(lastSeen, signal);
        // Nothing is sent for a call that was given up: its pages and bodies would count as sent.
        signal.throwIfAborted();
        assignmentToWire(assignment, lastSeen, sent, results._initAssignment());
      });
    },
    report: (params, results, { signal }) => {
      const report = reportFromWire(params.report, kept);
      return refusing(results, () => session.report(report, signal));
    },
  }).client();
}
