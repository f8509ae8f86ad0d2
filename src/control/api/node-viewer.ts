/** Calls to the node of a VM that serve one viewer. */

import { nodeOf } from '../../core/placement/placement.ts';
import type { CachedVm } from '../cached-vm.ts';
import { nodeCallMs } from '../control-config.ts';
import type { NodeSession } from '../node-sessions.ts';
import { type GoneRow, goneKey, readRow } from '../rows.ts';
import type { RouteContext } from './route-context.ts';

/** The node's own connection, or the fault `node_unreachable`. */
export function sessionOf({ plane }: RouteContext, vm: CachedVm, action: string): NodeSession {
  const { placement, removedAt } = vm.view;
  const last = removedAt === null ? undefined : readRow<GoneRow>(plane.ctx.store, goneKey(vm.record.uid))?.value.node;
  return plane.ctx.sessions.requireToLook(nodeOf(placement) ?? last ?? null, action);
}

/** Bounded by the time that any call to a node has (spec F2), and by the end of the viewer. */
export async function openWithin<T>(
  ctx: RouteContext,
  viewer: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  try {
    return await call(ctx.deps.clock.timeout(nodeCallMs, AbortSignal.any([viewer, done.signal])));
  } finally {
    done.abort();
  }
}
