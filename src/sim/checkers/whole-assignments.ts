import type { DesiredVm } from '../../core/instance/desired.ts';
import type { Uid } from '../../core/kit/brand.ts';
import type { Assignment } from '../../core/node/assignment.ts';
import type { History } from '../history.ts';
import type { Checker } from './checker.ts';

/**
 * Architecture rule 5: an assignment is whole at its revision, and each entry of it is one generation, whole. `look` hears of
 * each as a node gets it.
 */
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
      for (const uid of history.placements.keys()) {
        const problem = whatLacks(history, { node, revision: at.revision }, uid, said.get(uid));
        if (problem !== null) offences.push(`the assignment of ${node} at ${at.revision} ${problem}`);
      }
      for (const instance of instances) {
        const problem = whatIsMixed(history, instance);
        if (problem !== null) offences.push(`the assignment of ${node} at ${at.revision} ${problem}`);
      }
    },
  };
}

function whatLacks(
  history: History,
  at: { readonly node: string; readonly revision: number },
  uid: Uid,
  entry: DesiredVm | undefined,
): string | null {
  const placed = history.placements.get(uid);
  if (placed?.placement.kind !== 'placed' || placed.placement.node !== at.node) return null;
  if (placed.revision > at.revision) return null;
  const vm = history.vms.get(uid);
  // What was forgotten stays assigned as deleted until its node has reported removal: absence never destroys.
  const forgotten = vm?.gone?.forgotten === true ? vm.gone.record : null;
  if (forgotten !== null) return entry === undefined ? `lacks ${forgotten.name}, which was forgotten` : null;
  const latest = vm?.latest ?? null;
  if (latest === null || latest.revision > at.revision) return null;
  const { name, generation } = latest.record;
  if (entry === undefined) return `lacks ${name}`;
  return entry.generation < generation ? `has ${name} at generation ${entry.generation}, not ${generation}` : null;
}

/** Each part of an entry is of the generation it names. */
function whatIsMixed(history: History, entry: DesiredVm): string | null {
  const order = history.vms.get(entry.uid)?.orders.get(entry.generation);
  const said = `has ${entry.name} at generation ${entry.generation}`;
  if (order === undefined) return `${said}, which nobody ordered`;
  const { desiredPhase, run, desiredPaused, stopMode, specHash } = entry;
  if (desiredPhase !== 'released' && desiredPhase !== order.phase)
    return `${said} as ${desiredPhase}, not ${order.phase}`;
  const is = JSON.stringify({ run, paused: desiredPaused, stopMode, specHash });
  const was = JSON.stringify({
    run: order.run,
    paused: order.paused,
    stopMode: order.stopMode,
    specHash: order.specHash,
  });
  return is === was ? null : `${said} as ${is}, ordered was ${was}`;
}
