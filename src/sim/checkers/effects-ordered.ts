import type { DesiredVm } from '../../core/instance/desired.ts';
import type { Uid } from '../../core/kit/brand.ts';
import type { History } from '../history.ts';
import { recordIn } from '../journal-rows.ts';
import type { SimNode } from '../sim-node.ts';
import type { Checker } from './checker.ts';

/**
 * Nothing is started that the node knows to be unwanted (F5: a user's stop is never undone, a run that its guest ended is
 * over), and nothing of an instance is destroyed unless an order says so: absence never destroys.
 */
export interface EffectsOrdered extends Checker {
  hear(history: History, node: SimNode, verb: string, uid: Uid): void;
}

export function createEffectsOrdered(): EffectsOrdered {
  let offence: string | null = null;
  return {
    name: 'effects-ordered',
    afterStep: () => offence,
    hear(history, node, verb, uid) {
      const why = verb === 'spawn' ? whyNotStart : verb === 'remove' ? whyNotRemove : null;
      const because = why?.(history, node, uid) ?? null;
      if (because !== null) offence ??= `${node.name} calls ${verb} for ${uid}, ${because}`;
    },
  };
}

function whyNotStart(history: History, node: SimNode, uid: Uid): string | null {
  const desired = orderOn(node, uid);
  const record = recordIn(node.disk.medium.peek(`record/${uid}`));
  if (desired === null) return 'which no assignment names';
  if (desired.desiredPhase !== 'running') return `which its journal says is to be ${desired.desiredPhase}`;
  const order = history.orderOf(uid, desired.generation);
  if (order !== undefined && order.phase !== 'running') return `which was ordered to be ${order.phase}`;
  const run = record?.incarnation?.run ?? 0;
  const ended = record?.runEnded ?? null;
  if (ended !== null && ended.run >= run) return `run ${run} of which ended by ${ended.cause}`;
  return null;
}

function whyNotRemove(history: History, node: SimNode, uid: Uid): string | null {
  const desired = orderOn(node, uid);
  if (desired === null) return 'which no assignment names';
  if (desired.desiredPhase === 'released') return null;
  if (desired.desiredPhase !== 'deleted') return `which its journal says is to be ${desired.desiredPhase}`;
  const order = history.orderOf(uid, desired.generation);
  return order === undefined || order.phase === 'deleted' ? null : `which was ordered to be ${order.phase}`;
}

/** The order as the node's journal has it. */
function orderOn(node: SimNode, uid: Uid): DesiredVm | null {
  const row = node.disk.medium.peek(`assigned/${uid}`)?.value as { readonly desired: DesiredVm } | undefined;
  return row?.desired ?? null;
}
