/**
 * The node's policy for what no assignment names, `destroy`: it stands as the order `released` would, so that the one path of
 * condemnation and removal ends it (spec F3), once the control plane of this cluster has spoken (spec §3). `report` and
 * `adopt` touch nothing. The order is derived at each look, never stored: an assignment that names it comes over it.
 */
import type { DesiredVm } from '../core/instance/desired.ts';
import { resolveSpec } from '../core/instance/resolve-spec.ts';
import type { AgentContext } from './agent-context.ts';
import { isNamed, type Slot } from './slot.ts';

/** What is to become of the instance: what the assignment says, or the policy where none names it; null = left as it is. */
export function orderOf(ctx: AgentContext, slot: Slot): DesiredVm | null {
  if (isNamed(slot)) return slot.desired;
  if (ctx.config.unknownInstances !== 'destroy' || ctx.at === null || !ctx.scanned) return null;
  if (slot.record === null && slot.found === null) return null;
  return { ...lastOrderOf(slot), desiredPhase: 'released', desiredPaused: false, stopMode: 'forced' };
}

/** Nothing is ever started from this order: all that is known of it is what the record remembers. */
function lastOrderOf({ uid, record, found }: Slot): DesiredVm {
  const name = record?.name ?? found?.name ?? uid;
  const incarnation = record?.incarnation ?? null;
  return (
    record?.lastOrder ?? {
      ...{ uid, name, desiredPhase: 'released', desiredPaused: false, stopMode: 'forced', pinnedImages: {} },
      generation: record?.seenGeneration ?? 0,
      placement: record?.placement ?? 0,
      run: incarnation?.run ?? 0,
      changeRuns: 0,
      spec: incarnation?.started.spec ?? resolveSpec({ name }, { uid, clusterArchitecture: 'amd64' }),
      specHash: incarnation?.started.specHash ?? '',
    }
  );
}
