/**
 * The agent's side of the Cap'n Proto link: dials a stream, bootstraps `Control`, hands over its `Node`. One connection is
 * one session. Bodies of specifications are kept across sessions of one life, and said to be held when dialling again.
 */
import type { Duplex } from 'node:stream';
import { Fault } from '../../core/kit/fault.ts';
import type { ControlLink, ControlSession, NodeHello, NodeService } from '../../ports/control-link.ts';
import { Connection, type ConnectionOptions } from '../../rpc/connection.ts';
import { Control, type Session$Client } from '../../wire/generated/node.ts';
import { assignmentFromWire, revisionToWire } from '../../wire/link/assignment-wire.ts';
import { createKeptBodies, createSentBodies, hashOfKey, type KeptBodies } from '../../wire/link/bodies.ts';
import { helloToWire } from '../../wire/link/hello-wire.ts';
import { createKeptPages } from '../../wire/link/pages.ts';
import { reportToWire } from '../../wire/link/report-wire.ts';
import { controlFault, throwFault } from './capnp-fault.ts';
import { linkLimits } from './capnp-limits.ts';
import { serveNode } from './capnp-node-server.ts';

export interface CapnpLinkDeps {
  /** Opens the stream: a unix socket, TCP or TLS, connected. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  readonly connection?: Omit<ConnectionOptions, 'bootstrap' | 'onClose'>;
}

export function createCapnpLink({ dial, connection: options = {} }: CapnpLinkDeps): ControlLink {
  const kept = createKeptBodies();
  return {
    async connect(hello, node, signal) {
      signal.throwIfAborted();
      const stream = await dial(signal).catch((error: unknown) => {
        signal.throwIfAborted();
        const why = error instanceof Error ? error.message : String(error);
        throw new Fault('server_unreachable', `Cannot reach the control plane: ${why}`);
      });
      const connection = new Connection(stream, { ...options, limits: { ...linkLimits, ...options.limits } });
      try {
        return await openSession(connection, { hello, node, kept, signal });
      } catch (error) {
        connection.close('connect failed');
        throw error;
      }
    },
  };
}

interface Opening {
  readonly hello: NodeHello;
  readonly node: NodeService;
  readonly kept: KeptBodies;
  readonly signal: AbortSignal;
}

async function openSession(connection: Connection, opening: Opening): Promise<ControlSession> {
  const { hello, node, kept, signal } = opening;
  const serving = serveNode(node, connection.closed);
  using control = connection.bootstrap(Control);
  const have = kept.keys().map(hashOfKey);
  using call = control.connect(
    (params) => {
      helloToWire(hello, have, params._initHello());
      params.node = serving;
    },
    { signal },
  );
  const results = await call.promise().catch((error: unknown) => {
    throw signal.aborted ? signal.reason : controlFault(error, 'connect');
  });
  throwFault(results);
  const remote = results.session.dup();
  return session(connection, remote, kept, { clusterId: results.clusterId, heartbeatMs: results.heartbeatMs });
}

function session(
  connection: Connection,
  remote: Session$Client,
  bodies: KeptBodies,
  agreed: { readonly clusterId: string; readonly heartbeatMs: number },
): ControlSession {
  const sent = createSentBodies();
  const kept = { pages: createKeptPages(), bodies };
  const ask = async <T>(verb: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    try {
      return await run();
    } catch (error) {
      throw signal.aborted ? signal.reason : controlFault(error, verb);
    }
  };
  return {
    ...agreed,
    getAssignment: (lastSeen, signal) =>
      ask('getAssignment', signal, async () => {
        using call = remote.getAssignment(
          (params) => {
            if (lastSeen !== null) revisionToWire(lastSeen, params._initLastSeen());
          },
          { signal },
        );
        const results = await call.promise();
        throwFault(results);
        return assignmentFromWire(results.assignment, kept);
      }),
    report: (report, signal) =>
      ask('report', signal, async () => {
        using call = remote.report((params) => reportToWire(report, sent, params._initReport()), { signal });
        throwFault(await call.promise());
      }),
    closed: connection.closed.then((reason) => reason.message),
    close: () => connection.close('closed by the agent'),
  };
}
