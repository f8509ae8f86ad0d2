/**
 * The agents' side of the control plane: `connect` makes a session, a session pulls its assignment and reports. Nothing
 * is ever pushed (spec S19). A node joins by connecting; later, with a certificate.
 */
import { Fault } from '../core/kit/fault.ts';
import { namePattern } from '../core/kit/name-pattern.ts';
import type { ControlService, ControlSession, NodeHello, NodeService } from '../ports/control-link.ts';
import type { AssignmentPublisher } from './assignment-publisher.ts';
import { type ControlConfig, type ControlDeps, commitAttemptsMax } from './control-config.ts';
import type { Ingest } from './ingest-report.ts';
import { newEvent, nodePrincipal } from './new-event.ts';
import type { NodeHealthLoop } from './node-health.ts';
import type { NodeSession, NodeSessions } from './node-sessions.ts';
import { type NodeRow, nodeKey, put, readRow } from './rows.ts';

export interface ControlServiceDeps extends ControlDeps {
  readonly config: ControlConfig;
  readonly clusterId: string;
  readonly sessions: NodeSessions;
  readonly publisher: AssignmentPublisher;
  readonly ingest: Ingest;
  readonly health: NodeHealthLoop;
}

export function createControlService(deps: ControlServiceDeps): ControlService {
  return {
    async connect(hello, service, signal) {
      admit(deps, hello);
      const session = openSession(deps, hello, service);
      try {
        await register(deps, hello);
        signal.throwIfAborted();
      } catch (error) {
        session.end('the connection was not completed');
        throw error;
      }
      deps.log.info('Node connected', { node: hello.node, session: hello.session });
      return sessionOf(deps, session);
    },
  };
}

/** Refuses what must not become a session. */
function admit({ clusterId, sessions, clock, config, store }: ControlServiceDeps, hello: NodeHello): void {
  const { node } = hello;
  if (!namePattern.test(node)) {
    throw new Fault('validation_failed', `Cannot connect a node named ${JSON.stringify(node.slice(0, 80))}`, {
      retry: 'never',
    });
  }
  if (hello.clusterId !== null && hello.clusterId !== clusterId) {
    throw new Fault('wrong_cluster', `Node ${node} belongs to cluster ${hello.clusterId}, this is ${clusterId}`, {
      retry: 'never',
      details: { cluster_id: clusterId },
    });
  }
  if (readRow<NodeRow>(store, nodeKey(node))?.value.health === 'removed') {
    throw new Fault('node_removed', `Node ${node} was removed from the cluster`, { retry: 'never' });
  }
  const live = sessions.get(node);
  if (live === undefined) return;
  if (clock.now() - live.heardAt < config.nodeTimes.staleAfterMs) {
    throw new Fault('node_in_use', `Node ${node} has a live session already; a second one is refused`);
  }
  live.end('its lease is over and the node connected again');
}

function openSession({ sessions, clock }: ControlServiceDeps, hello: NodeHello, service: NodeService): NodeSession {
  const ended = new AbortController();
  const accounted = Promise.withResolvers<void>();
  const session: NodeSession = {
    node: hello.node,
    hello,
    service,
    signal: ended.signal,
    heardAt: clock.now(),
    lastSequence: -1,
    clockSkewMs: null,
    accounted: accounted.promise,
    account: accounted.resolve,
    end: (because) => ended.abort(new Fault('session_closed', because)),
  };
  sessions.add(session);
  return session;
}

async function register({ store, clock, random }: ControlServiceDeps, hello: NodeHello): Promise<void> {
  const key = nodeKey(hello.node);
  for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
    const now = clock.now();
    const known = readRow<NodeRow>(store, key);
    const ready = known?.value.health === 'ready';
    const row: NodeRow = {
      name: hello.node,
      health: 'ready',
      healthSince: ready ? known.value.healthSince : now,
      awaySince: null,
      labels: known?.value.labels ?? {},
      registeredAt: known?.value.registeredAt ?? now,
      session: hello.session,
      agentVersion: hello.agentVersion,
      bootId: hello.bootId,
      capacity: hello.capacity,
      runtimes: hello.runtimes,
      unassigned: known?.value.unassigned ?? [],
    };
    const message = `Node ${hello.node} ${known === undefined ? 'joined' : 'connected'}`;
    const by = nodePrincipal(hello.node);
    const event = { at: now, code: 'node_connected', message, record: null, node: hello.node, by };
    const result = await store.commit({
      expect: [{ key, modRevision: known?.modRevision ?? 0 }],
      put: [put(key, row), newEvent(random, event)],
    });
    if (result.ok) return;
  }
  throw new Fault('conflict', `Cannot register node ${hello.node}: other writes came first again and again`);
}

function sessionOf(deps: ControlServiceDeps, session: NodeSession): ControlSession {
  const { sessions, publisher, ingest, health, log } = deps;
  const heard = (): void => {
    if (!sessions.isCurrent(session)) session.signal.throwIfAborted();
    sessions.heard(session);
    health.heard(session.node);
  };
  health.heard(session.node);
  const closed = new Promise<string>((resolve) => {
    const end = () => resolve(reasonText(session.signal.reason));
    if (session.signal.aborted) end();
    else session.signal.addEventListener('abort', end, { once: true });
  });
  return {
    clusterId: deps.clusterId,
    heartbeatMs: deps.config.heartbeatMs,
    closed,
    async getAssignment(lastSeen, signal) {
      heard();
      const current = publisher.current(session.node);
      if (lastSeen !== null && lastSeen.epoch === current.epoch && lastSeen.revision > current.revision) {
        log.warn('The node holds an assignment newer than the store: was a backup put back without restore?', {
          node: session.node,
          node_revision: lastSeen.revision,
          store_revision: current.revision,
        });
      }
      const either = AbortSignal.any([signal, session.signal]);
      // The store was restored: what the node knows of the lost one is heard before it is told anything new (spec §9).
      if (lastSeen !== null && lastSeen.epoch < current.epoch) await untilAccounted(session, either);
      return await publisher.next(session.node, lastSeen, either);
    },
    async report(report, signal) {
      heard();
      signal.throwIfAborted();
      if (report.session !== session.hello.session) {
        throw new Fault('session_closed', `A report of session ${report.session} came over another one`);
      }
      await ingest.report(session, report, publisher.current(session.node));
    },
    close: () => session.end('the connection was closed'),
  };
}

async function untilAccounted(session: NodeSession, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    session.accounted.then(resolve);
  });
}

function reasonText(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
