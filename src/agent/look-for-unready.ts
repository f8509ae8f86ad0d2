import type { DesiredVm } from '../core/instance/desired.ts';
import { isLive } from '../core/instance/incarnation.ts';
import type { InstanceRecord } from '../core/instance/record.ts';
import { neededDisks, neededImages, nothingUnready, type Unready, unreadyOf } from '../core/instance/unready.ts';
import { sameJson } from '../core/kit/same-json.ts';
import { raceSignal } from '../ports/race-signal.ts';
import { monitorTimeoutMs } from './agent-config.ts';
import { type AgentContext, runtimeOf } from './agent-context.ts';
import { logUnforeseen } from './perform/fault-reason.ts';
import type { Slot } from './slot.ts';

/** Nothing of it runs, so whether it could depends on what is on the node. */
export function isWithoutProcess({ record, desired }: Slot): boolean {
  if (record === null || desired === null) return false;
  const wanted = desired.desiredPhase === 'running' || desired.desiredPhase === 'stopped';
  return wanted && (record.incarnation === null || !isLive(record.incarnation.state));
}

/**
 * Looks for what a start would use. What cannot be looked at leaves what was found before (spec F2), and so does what takes
 * long: an image that was touched is hashed anew, and an order does not wait for that.
 */
export async function lookForUnready(ctx: AgentContext, slot: Slot, signal: AbortSignal): Promise<readonly Unready[]> {
  const { record, desired, unready: before } = slot;
  if (record === null || desired === null) return nothingUnready;
  const limit = ctx.deps.clock.timeout(monitorTimeoutMs, signal);
  try {
    const unready = await raceSignal(findUnready(ctx, desired, record), limit);
    return unready === null || sameJson(unready, before) ? before : unready;
  } catch (error) {
    signal.throwIfAborted();
    logUnforeseen({ ctx, slot }, error);
    return before;
  }
}

/** Null: this node has nothing that could look. */
async function findUnready(
  ctx: AgentContext,
  desired: DesiredVm,
  record: InstanceRecord,
): Promise<readonly Unready[] | null> {
  const runtime = runtimeOf(ctx, desired.spec.runtime);
  if (runtime === null) return null;
  const images = neededImages(desired, record).flatMap(({ sha256 }) => sha256 ?? []);
  const found = await Promise.all(images.map((sha256) => ctx.deps.images.find(sha256)));
  const missing = await runtime.missingDisks({ uid: desired.uid, name: record.name }, neededDisks(desired));
  return unreadyOf(desired, record, {
    hasImage: (sha256) => found[images.indexOf(sha256)] !== undefined,
    hasDisk: (name) => !missing.includes(name),
  });
}
