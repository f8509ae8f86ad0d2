/**
 * What a transient phase waits for, and until when (spec F1). The node says it where it knows; before it has reported, or
 * when it cannot, the control plane says what it waits for itself.
 */

import type { Phase } from '../instance/phase.ts';
import { longLimitMs, startLimitMs, stopLimitMs } from '../instance/phase-limits.ts';
import type { ObservedInstance, Waiting } from '../node/observation.ts';
import { nodeOf } from '../placement/placement.ts';
import { clockText } from './clock-text.ts';
import { currentObservation, type VmView } from './vm-view.ts';

/** The waiter of a transient phase; total, so that no transient phase is without one. */
export function waitingFor(view: VmView, phase: Phase): Waiting {
  const row = currentObservation(view);
  const reported = row?.instance.waiting ?? null;
  const nodeAway = view.node !== null && view.node.health !== 'ready';
  const current = row !== null && row.instance.seenGeneration >= view.record.generation;
  if (reported !== null && current && !nodeAway) return reported;
  const { record } = view;
  const backoff = phase === 'creating' || phase === 'starting' ? (row?.instance.restart ?? null) : null;
  const node = nodeOf(view.placement);
  // Whatever was last learnt counts as progress: an old order must not make a fresh restart overdue. A silence that only
  // gets longer (unreachable, then lost) is none.
  const learntAt = nodeAway ? (view.node?.awaySince ?? 0) : current ? row.appliedAt : 0;
  const since = Math.max(record.generationAt, view.placement?.since ?? 0, learntAt);
  return {
    for: 'node',
    since,
    // A start that is not due yet is not overdue either.
    deadline: Math.max(since, backoff?.nextAt ?? 0) + limitMs(view, phase),
    message:
      (current && !nodeAway && backoff !== null ? describeBackoff(backoff) : null) ??
      describeWait(node, { nodeAway, current, phase }),
  };
}

function limitMs(view: VmView, phase: Phase): number {
  if (phase === 'stopping') return view.record.spec.stop.graceSeconds * 1000 + stopLimitMs;
  return phase === 'deleting' || phase === 'migrating' ? longLimitMs : startLimitMs;
}

/** A guest under `restart_policy: always` that keeps ending itself: nothing failed, the next start is only not due yet. */
function describeBackoff({ attempt, nextAt }: ObservedInstance['restart']): string | null {
  if (nextAt === null) return null;
  return `Start number ${attempt + 1} since it was last healthy is due at ${clockText(nextAt)}`;
}

/** Mostly read for an instant only, between an order and what its node says of it: so nothing here sounds as if it took long. */
function describeWait(
  node: string | null,
  { nodeAway, current, phase }: { readonly nodeAway: boolean; readonly current: boolean; readonly phase: Phase },
): string {
  if (node === null) return phase === 'deleting' ? 'Waiting for the removal to be recorded' : 'Waiting for a node';
  if (nodeAway) return `Node ${node} is not connected`;
  return current ? `Node ${node} has taken the order up` : `Node ${node} has not taken the order up yet`;
}
