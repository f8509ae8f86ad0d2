/** Bugs in what an agent is told, planted on its way from the control plane. */
import type { DesiredVm } from '../../core/instance/desired.ts';
import type { Assignment, AssignmentRevision } from '../../core/node/assignment.ts';
import type { ControlLink } from '../../ports/control-link.ts';
import type { SimRandom } from '../sim-random.ts';

const chance = 0.1;

/** Now and then tells the agent that what its user stopped shall run. */
export function forgettingStops(link: ControlLink, random: SimRandom): ControlLink {
  return changingEntries(link, (instance) =>
    instance.desiredPhase === 'stopped' && random.chance(chance) ? { ...instance, desiredPhase: 'running' } : instance,
  );
}

/** Now and then leaves an entry out. */
export function losingEntries(link: ControlLink, random: SimRandom): ControlLink {
  return changing(link, (assignment) => ({
    ...assignment,
    instances: assignment.instances.filter(() => !random.chance(chance)),
  }));
}

/** Now and then tells the agent that what shall run is to be deleted. */
export function deletingUnasked(link: ControlLink, random: SimRandom): ControlLink {
  return changingEntries(link, (instance) =>
    instance.desiredPhase === 'running' && random.chance(chance) ? { ...instance, desiredPhase: 'deleted' } : instance,
  );
}

/** More than the revisions of any store here. */
const revisionsMax = 1_000_000;

const hidden = ({ epoch, revision }: AssignmentRevision) => ({ epoch: 1, revision: epoch * revisionsMax + revision });
const shown = (at: AssignmentRevision | null) =>
  at && { epoch: Math.floor(at.revision / revisionsMax), revision: at.revision % revisionsMax };

/** Tells the agent of every store that it is the one it knows. */
export function hidingRestores(link: ControlLink): ControlLink {
  return {
    async connect(hello, node, signal) {
      const session = await link.connect(hello, node, signal);
      return {
        ...session,
        report: (report, stop) => session.report({ ...report, seen: shown(report.seen) }, stop),
        async getAssignment(seen, stop) {
          const assignment = await session.getAssignment(shown(seen), stop);
          return { ...assignment, at: hidden(assignment.at) };
        },
      };
    },
  };
}

function changingEntries(link: ControlLink, change: (instance: DesiredVm) => DesiredVm): ControlLink {
  return changing(link, (assignment) => ({ ...assignment, instances: assignment.instances.map(change) }));
}

function changing(link: ControlLink, change: (assignment: Assignment) => Assignment): ControlLink {
  return {
    async connect(hello, node, signal) {
      const session = await link.connect(hello, node, signal);
      const { getAssignment } = session;
      return { ...session, getAssignment: async (seen, stop) => change(await getAssignment(seen, stop)) };
    },
  };
}
