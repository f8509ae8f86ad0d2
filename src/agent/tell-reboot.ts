import type { IncarnationId } from '../core/kit/brand.ts';
import type { AgentContext } from './agent-context.ts';
import { type Slot, slotName } from './slot.ts';

/** A guest that reboots again and again is told of this often; what comes between is counted. */
const tellAgainMs = 600_000;

/** The guest rebooted of its own accord: nothing is to be done about it, but somebody may wonder where it was. */
export function tellReboot(ctx: AgentContext, slot: Slot, incarnationId: IncarnationId): void {
  const before = slot.reboots?.incarnationId === incarnationId ? slot.reboots : null;
  const now = ctx.deps.clock.now();
  if (before !== null && now < before.toldAt + tellAgainMs) {
    slot.reboots = { ...before, untold: before.untold + 1 };
    return;
  }
  slot.reboots = { incarnationId, toldAt: now, untold: 0 };
  const times = (before?.untold ?? 0) + 1;
  const often = before === null || times === 1 ? '' : `, ${times} times since that was last told`;
  ctx.events.add(slot.uid, 'guest_rebooted', `VM "${slotName(slot)}": the guest rebooted itself${often}`);
}
