import type { IncarnationId } from '../core/kit/brand.ts';
import type { RebootBy } from '../ports/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import { type Slot, slotName } from './slot.ts';

/** A guest that reboots again and again is told of this often; what comes between is counted. */
const tellAgainMs = 600_000;

const words = {
  guest: { code: 'guest_rebooted', text: 'the guest rebooted itself' },
  hand: { code: 'guest_reset', text: 'the guest was reset by hand, without an order of Holdfast' },
} as const;

/** The guest began anew without an order: nothing is to be done about it, but somebody may wonder where it was. */
export function tellReboot(ctx: AgentContext, slot: Slot, incarnationId: IncarnationId, by: RebootBy): void {
  const last = slot.reboots.get(by);
  const before = last?.incarnationId === incarnationId ? last : null;
  const now = ctx.deps.clock.now();
  if (before !== null && now < before.toldAt + tellAgainMs) {
    slot.reboots.set(by, { ...before, untold: before.untold + 1 });
    return;
  }
  slot.reboots.set(by, { incarnationId, toldAt: now, untold: 0 });
  const times = (before?.untold ?? 0) + 1;
  const often = before === null || times === 1 ? '' : `, ${times} times since that was last told`;
  const { code, text } = words[by];
  ctx.events.add(slot.uid, code, `VM "${slotName(slot)}": ${text}${often}`);
}
