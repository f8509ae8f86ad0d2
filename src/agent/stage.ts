import type { WaitingFor } from '../core/node/observation.ts';
import { keepTime } from './keep-time.ts';
import type { Performing } from './perform/performing.ts';

/** What is in flight has come this far: progress, which puts off its deadline (spec F1). */
export function setStage({ ctx, slot, staged }: Performing, waitsFor: WaitingFor, message: string): void {
  staged.stage = { for: waitsFor, message, progressAt: ctx.deps.clock.now() };
  keepTime(ctx, slot);
  ctx.changed(slot);
}
