import type { Assignment } from '../../core/node/assignment.ts';
import type { History } from '../history.ts';
import type { Checker } from './checker.ts';

/** Architecture rule 5: an assignment is whole at its revision. `look` hears of each as a node gets it. */
export interface WholeAssignments extends Checker {
  look(history: History, node: string, assignment: Assignment): void;
}

export function createWholeAssignments(): WholeAssignments {
  const offences: string[] = [];
  return {
    name: 'whole-assignments',
    afterStep: () => offences[0] ?? null,
    look(history, node, { at, instances }) {
      const said = new Map(instances.map((instance) => [instance.uid, instance]));
      for (const [uid, { placement, revision }] of history.placements) {
        const latest = history.vms.get(uid)?.latest ?? null;
        if (placement.kind !== 'placed' || placement.node !== node || revision > at.revision) continue;
        if (latest === null || latest.revision > at.revision) continue;
        const { name, generation } = latest.record;
        const entry = said.get(uid);
        if (entry === undefined) offences.push(`the assignment of ${node} at ${at.revision} lacks ${name}`);
        else if (entry.generation < generation) {
          offences.push(
            `the assignment of ${node} at ${at.revision} has ${name} at generation ${entry.generation}, not ${generation}`,
          );
        }
      }
    },
  };
}
