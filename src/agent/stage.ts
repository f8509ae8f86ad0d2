import type { WaitingFor } from '../core/node/observation.ts';
import type { AgentContext } from './agent-context.ts';
import { keepTime } from './keep-time.ts';
import type { Slot } from './slot.ts';

/** The effect in flight has come this far: progress, which puts off the deadline of its phase (spec F1). */
export function setStage(ctx: AgentContext, slot: Slot, waitsFor: WaitingFor, message: string): void {
  slot.stage = { for: waitsFor, message, progressAt: ctx.deps.clock.now() };
  keepTime(ctx, slot);
  ctx.changed(slot);
}
