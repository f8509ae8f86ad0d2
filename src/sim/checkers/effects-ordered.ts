import type { DesiredVm } from '../../core/instance/desired.ts';
import type { Uid } from '../../core/kit/brand.ts';
import { recordIn } from '../journal-rows.ts';
import type { SimNode } from '../sim-node.ts';
import type { Checker } from './checker.ts';

/**
 * Nothing is started that the node knows to be unwanted (F5: a user's stop is never undone, a run that its guest ended is
 * over), and nothing of an instance is destroyed unless an order says so: absence never destroys.
 */
export interface EffectsOrdered extends Checker {
  hear(node: SimNode, verb: string, uid: Uid): void;
}

export function createEffectsOrdered(): EffectsOrdered {
  let offence: string | null = null;
  return {
    name: 'effects-ordered',
    afterStep: () => offence,
    hear(node, verb, uid) {
      const because = verb === 'spawn' ? whyNotStart(node, uid) : verb === 'remove' ? whyNotRemove(node, uid) : null;
      if (because !== null) offence ??= `${node.name} calls ${verb} for ${uid}, ${because}`;
    },
  };
}

function whyNotStart(node: SimNode, uid: Uid): string | null {
  const desired = orderOn(node, uid);
  const record = recordIn(node.disk.medium.peek(`record/${uid}`));
  if (desired === null) return 'which no assignment names';
  if (desired.desiredPhase !== 'running') return `which its journal says is to be ${desired.desiredPhase}`;
  const run = record?.incarnation?.run ?? 0;
  const ended = record?.runEnded ?? null;
  if (ended !== null && ended.run >= run) return `run ${run} of which ended by ${ended.cause}`;
  return null;
}

function whyNotRemove(node: SimNode, uid: Uid): string | null {
  const desired = orderOn(node, uid);
  if (desired?.desiredPhase === 'deleted' || desired?.desiredPhase === 'released') return null;
  return `which is ${desired === null ? 'assigned by nobody' : `to be ${desired.desiredPhase}`}`;
}

/** The order as the node's journal has it. */
function orderOn(node: SimNode, uid: Uid): DesiredVm | null {
  const row = node.disk.medium.peek(`assigned/${uid}`)?.value as { readonly desired: DesiredVm } | undefined;
  return row?.desired ?? null;
}
