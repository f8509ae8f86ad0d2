/**
 * The control link inside one process: for the simulator and for tests. Values are frozen, not copied, so that neither side
 * can change what the other holds; bytes are copied. What a network does to messages is decided by the interposed
 * `LinkNetwork`; without one every message arrives at once.
 *
 * Like a stream transport, a lost message is a broken connection: whoever sent it learns of the break `detectMs` later,
 * never of the loss itself. Calls in flight then fail as the port says; the other side's signals abort.
 */

import type { Uid } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import type {
  ConsoleSession,
  ConsoleViewer,
  ControlLink,
  ControlService,
  ControlSession,
  NodeHello,
  NodeService,
} from '../../ports/control-link.ts';
import { freezeDeep } from './freeze-deep.ts';
import { LoopbackConnection } from './loopback-connection.ts';
import { type LinkNetwork, perfectNetwork } from './loopback-network.ts';

export interface Loopback {
  readonly link: ControlLink;
  /** Puts another control plane behind the link (a restart), or none: then dialling fails. Open connections break. */
  serve(service: ControlService | null): void;
  /** Breaks the connections whose hello matches; returns how many. */
  breakConnections(reason: string, match?: (hello: NodeHello) => boolean): number;
}

export function createLoopback(initial: ControlService | null, network: LinkNetwork = perfectNetwork): Loopback {
  let service = initial;
  const open = new Map<LoopbackConnection, NodeHello>();

  const breakConnections = (reason: string, match: (hello: NodeHello) => boolean = () => true): number => {
    const matching = [...open].filter(([, hello]) => match(hello));
    for (const [connection] of matching) connection.break(reason);
    return matching.length;
  };

  const connect = async (hello: NodeHello, node: NodeService, signal: AbortSignal): Promise<ControlSession> => {
    const target = service;
    if (target === null) throw unreachable('nobody listens');
    const connection = new LoopbackConnection(hello.node, network);
    open.set(connection, hello);
    connection.onBreak(() => open.delete(connection));
    try {
      const session = await connection.call(
        { direction: 'to_control', method: 'connect' },
        async (remote) => {
          const accepted = await target.connect(freezeDeep(hello), remoteNode(connection, node), remote);
          connection.onBreak(() => accepted.close());
          accepted.closed.then((reason) => connection.break(reason));
          return accepted;
        },
        signal,
      );
      return remoteSession(connection, session);
    } catch (error) {
      connection.break('connect failed');
      throw error;
    }
  };

  return {
    link: { connect },
    breakConnections,
    serve(next) {
      service = next;
      breakConnections('the control plane went away');
    },
  };
}

const unreachable = (why: string) => new Fault('server_unreachable', `Cannot reach the control plane: ${why}`);

/** The control plane's session as the agent sees it. */
function remoteSession(connection: LoopbackConnection, session: ControlSession): ControlSession {
  return {
    clusterId: session.clusterId,
    heartbeatMs: session.heartbeatMs,
    getAssignment: (lastSeen, signal) =>
      connection.call(
        { direction: 'to_control', method: 'getAssignment' },
        async (remote) => freezeDeep(await session.getAssignment(lastSeen, remote)),
        signal,
      ),
    report: (report, signal) =>
      connection.call(
        { direction: 'to_control', method: 'report' },
        (remote) => session.report(freezeDeep(report), remote),
        signal,
      ),
    closed: connection.closed,
    close: () => connection.break('closed by the agent'),
  };
}

/** The agent's service as the control plane sees it. */
function remoteNode(connection: LoopbackConnection, node: NodeService): NodeService {
  return {
    converge: (uid, generation, signal) =>
      connection.call(
        { direction: 'to_node', method: 'converge' },
        async (remote) => freezeDeep(await node.converge(uid, generation, remote)),
        signal,
      ),
    reset: (uid, signal) =>
      connection.call(
        { direction: 'to_node', method: 'reset' },
        async (remote) => freezeDeep(await node.reset(uid, remote)),
        signal,
      ),
    openConsole: (uid, scrollbackBytes, viewer, signal) =>
      openConsole(connection, node, { uid, scrollbackBytes, viewer, signal }),
    readLog: (uid, maxBytes, signal) =>
      connection.call(
        { direction: 'to_node', method: 'readLog' },
        async (remote) => Uint8Array.from(await node.readLog(uid, maxBytes, remote)),
        signal,
      ),
  };
}

interface OpenConsole {
  readonly uid: Uid;
  readonly scrollbackBytes: number;
  readonly viewer: ConsoleViewer;
  readonly signal: AbortSignal;
}

async function openConsole(
  connection: LoopbackConnection,
  node: NodeService,
  { uid, scrollbackBytes, viewer, signal }: OpenConsole,
): Promise<ConsoleSession> {
  let told = false;
  const closeViewer = (because: string) => {
    if (told) return;
    told = true;
    viewer.closed(because);
  };
  const remoteViewer: ConsoleViewer = {
    data: (bytes) => {
      const copy = Uint8Array.from(bytes);
      return connection.call({ direction: 'to_control', method: 'console.data' }, () => viewer.data(copy), null);
    },
    closed: closeViewer,
  };
  const session = await connection.call(
    { direction: 'to_node', method: 'openConsole' },
    (remote) => node.openConsole(uid, scrollbackBytes, remoteViewer, remote),
    signal,
  );
  const forget = connection.onBreak((reason) => {
    session.close();
    closeViewer(reason);
  });
  return {
    incarnationId: session.incarnationId,
    historyBytes: session.historyBytes,
    write: (bytes) => {
      const copy = Uint8Array.from(bytes);
      return connection.call({ direction: 'to_node', method: 'console.write' }, () => session.write(copy), null);
    },
    close() {
      forget();
      session.close();
    },
  };
}
