import type { Assignment } from '../core/node/assignment.ts';
import type { ControlLink, NodeService } from '../ports/control-link.ts';
import type { Life } from './life.ts';

export interface LinkListeners {
  readonly onSession: (session: string) => void;
  readonly onAssignment: (assignment: Assignment) => void;
}

/** An agent's way to the control plane: every call of it counted, nothing of it after its death. */
export function livedLink(link: ControlLink, life: Life, { onSession, onAssignment }: LinkListeners): ControlLink {
  return {
    connect: (hello, node, signal) =>
      life.call('link.connect', async () => {
        onSession(hello.session);
        const session = await link.connect(hello, serviceOf(life, node), signal);
        return {
          clusterId: session.clusterId,
          heartbeatMs: session.heartbeatMs,
          closed: life.settle(() => session.closed),
          close: () => session.close(),
          getAssignment: (lastSeen, stop) =>
            life.call('link.getAssignment', async () => {
              const assignment = await session.getAssignment(lastSeen, stop);
              onAssignment(assignment);
              return assignment;
            }),
          report: (report, stop) => life.call('link.report', () => session.report(report, stop)),
        };
      }),
  };
}

/** What the control plane reaches of the agent; a dead one answers nobody. */
function serviceOf(life: Life, node: NodeService): NodeService {
  return {
    converge: (uid, generation, signal) => life.settle(() => node.converge(uid, generation, signal)),
    reset: (uid, signal) => life.settle(() => node.reset(uid, signal)),
    openConsole: (uid, scrollbackBytes, viewer, signal) =>
      life.settle(() => node.openConsole(uid, scrollbackBytes, viewer, signal)),
    readLog: (uid, maxBytes, signal) => life.settle(() => node.readLog(uid, maxBytes, signal)),
  };
}
