import { proofOf } from '../core/instance/incarnation.ts';
import { faultCode, tellable } from '../core/kit/fault.ts';
import { killTimeoutMs } from './agent-config.ts';
import { type AgentContext, allRuntimes } from './agent-context.ts';
import { dropRecord } from './change-record.ts';
import { type Slot, slotName } from './slot.ts';

/**
 * The node's policy for what no assignment names, `destroy`: ended and removed, once the control plane of this cluster has
 * spoken (spec §3). `report` touches nothing.
 */
export async function destroyUnassigned(ctx: AgentContext, signal: AbortSignal): Promise<void> {
  if (ctx.config.unknownInstances !== 'destroy' || ctx.at === null || !ctx.scanned) return;
  for (const slot of [...ctx.slots.values()]) {
    if (slot.desired !== null || slot.loop !== null) continue;
    if (slot.record === null && slot.found === null) continue;
    await destroyOne(ctx, slot, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      // One that resists must not shield the others; the next scan tries it again.
      ctx.deps.log.error('an unassigned instance could not be removed', { uid: slot.uid, message: String(error) });
      ctx.events.add(slot.uid, faultCode(error), `VM "${slotName(slot)}": cannot be removed: ${tellable(error)}`);
    });
  }
}

async function destroyOne(ctx: AgentContext, slot: Slot, signal: AbortSignal): Promise<void> {
  const incarnation = slot.record?.incarnation ?? null;
  const incarnationId = slot.found?.incarnationId ?? incarnation?.id ?? null;
  const proof = slot.found?.proof ?? (incarnation === null ? null : proofOf(incarnation.state));
  const name = slot.record?.name ?? slot.found?.name ?? slot.uid;
  ctx.events.add(slot.uid, 'unassigned_destroyed', `VM "${name}": no assignment names it; removed by policy`);
  const limit = ctx.deps.clock.timeout(killTimeoutMs, signal);
  for (const runtime of allRuntimes(ctx)) {
    if (incarnationId !== null) {
      const ref = { uid: slot.uid, name, incarnationId };
      if (proof !== null) await runtime.kill(ref, proof, limit);
      await runtime.clear(ref, limit);
    }
    await runtime.remove({ uid: slot.uid, name }, limit);
  }
  await ctx.deps.images.unpin(slot.uid, []);
  if (slot.record !== null) await dropRecord(ctx, slot);
  slot.found = null;
  slot.watch?.close();
  if (slot.desired === null) ctx.slots.delete(slot.uid);
  ctx.changed(slot);
}
