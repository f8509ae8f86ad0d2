import type { DesiredVm } from '../core/instance/desired.ts';
import type { InstanceLook } from '../core/instance/evidence.ts';
import { type Incarnation, isLive, proofOf } from '../core/instance/incarnation.ts';
import { Fault } from '../core/kit/fault.ts';
import type { IncarnationRef, RuntimeEvidence } from '../ports/runtime.ts';
import { monitorTimeoutMs } from './agent-config.ts';
import { type AgentContext, runtimeOf } from './agent-context.ts';
import type { Slot } from './slot.ts';

/** One look at one instance. A probe that fails or takes too long is inconclusive, never a finding (spec F2). */
export async function observeInstance(
  ctx: AgentContext,
  slot: Slot,
  stray: InstanceLook['stray'],
  signal: AbortSignal,
): Promise<InstanceLook> {
  const incarnation = slot.record?.incarnation ?? null;
  const seen =
    incarnation === null || !isLive(incarnation.state) ? noProcess : await look(ctx, slot, incarnation, signal);
  const isSilent = seen.process.life === 'alive' && seen.monitor.kind === 'silent';
  slot.silentSeenSince = isSilent ? (slot.silentSeenSince ?? ctx.deps.clock.now()) : null;
  if (seen.facts !== null && incarnation !== null) {
    slot.proved = { incarnationId: incarnation.id, facts: seen.facts };
    slot.metrics = { incarnationId: incarnation.id, values: seen.facts.metrics, at: ctx.deps.clock.now() };
  } else if (seen.process.life !== 'inconclusive' && seen.process.life !== 'alive') {
    slot.proved = null;
    slot.metrics = null;
  }
  return { ...seen, stray, leftovers: slot.record !== null || slot.found !== null };
}

const noProcess: RuntimeEvidence = { process: { life: 'none' }, monitor: { kind: 'not_asked' }, facts: null };

async function look(
  ctx: AgentContext,
  slot: Slot,
  incarnation: Incarnation,
  signal: AbortSignal,
): Promise<RuntimeEvidence> {
  const runtime = runtimeOf(ctx, incarnation.started.spec.runtime);
  if (runtime === null) return inconclusive(`this node has no runtime "${incarnation.started.spec.runtime}"`);
  try {
    // Not tied to `signal`: thousands of looks on one long-lived signal would make each of its listeners dearer.
    const limit = ctx.deps.clock.timeout(monitorTimeoutMs);
    return await runtime.observe(incarnationRef(slot, incarnation), proofOf(incarnation.state), limit);
  } catch (error) {
    signal.throwIfAborted();
    return inconclusive(error instanceof Fault ? error.message : 'the probe failed');
  }
}

const inconclusive = (because: string): RuntimeEvidence => ({
  process: { life: 'inconclusive', because },
  monitor: { kind: 'not_asked' },
  facts: null,
});

/** Whether a stray was never let go, or is over: one that does not say is neither (F2). */
export async function isUnused(ctx: AgentContext, slot: Slot, desired: DesiredVm, signal: AbortSignal) {
  const { proof, incarnationId } = slot.found ?? {};
  const runtime = runtimeOf(ctx, desired.spec.runtime);
  if (proof == null || incarnationId == null || runtime === null) return false;
  const ref = { uid: slot.uid, name: desired.name, incarnationId };
  try {
    const { process, monitor } = await runtime.observe(ref, proof, ctx.deps.clock.timeout(monitorTimeoutMs));
    return process.life === 'dead' || (monitor.kind === 'answered' && monitor.state === 'frozen');
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** A found process is a stray when a record exists and speaks of another incarnation, or of none that lives. */
export function isStray(slot: Slot): boolean {
  if (slot.found?.proof == null || slot.record === null) return false;
  const incarnation = slot.record.incarnation;
  return incarnation === null || incarnation.id !== slot.found.incarnationId || !isLive(incarnation.state);
}

export function incarnationRef(slot: Slot, incarnation: Incarnation): IncarnationRef {
  return { uid: slot.uid, name: slot.record?.name ?? slot.uid, incarnationId: incarnation.id };
}
