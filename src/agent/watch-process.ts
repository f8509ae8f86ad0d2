import { isLive, proofOf } from '../core/instance/incarnation.ts';
import { type AgentContext, runtimeOf } from './agent-context.ts';
import { incarnationRef } from './observe-instance.ts';
import type { Slot } from './slot.ts';
import { tellReboot } from './tell-reboot.ts';

/** Keeps exactly one watch on the live process of an instance: its end and its monitor's news wake the loop (spec S18). */
export function watchProcess(ctx: AgentContext, slot: Slot): void {
  const incarnation = slot.record?.incarnation ?? null;
  const proof = incarnation !== null && isLive(incarnation.state) ? proofOf(incarnation.state) : null;
  if (slot.watch !== null && (proof === null || slot.watch.incarnationId !== incarnation?.id)) {
    slot.watch.close();
    slot.watch = null;
  }
  if (proof === null || incarnation === null || slot.watch !== null) return;
  if (proof.bootId !== ctx.deps.host.bootId) return;
  const runtime = runtimeOf(ctx, incarnation.started.spec.runtime);
  if (runtime === null) return;
  const { id } = incarnation;
  const { close } = runtime.watch(incarnationRef(slot, incarnation), proof, {
    change: () => ctx.wake(slot),
    reboot: (by) => tellReboot(ctx, slot, id, by),
  });
  slot.watch = { incarnationId: id, close };
}
