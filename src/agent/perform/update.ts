import type { FailureReason } from '../../core/instance/failure-reason.ts';
import { inPlaceSpec } from '../../core/instance/in-place.ts';
import { followMemory, type MemoryProgress, memoryStalled } from '../../core/instance/memory-progress.ts';
import { recordDisksMade } from '../../core/instance/record-disks.ts';
import { recordOperationFailed } from '../../core/instance/record-outcome.ts';
import { lastingDisks } from '../../core/instance/spec.ts';
import type { IncarnationId } from '../../core/kit/brand.ts';
import { invariant } from '../../core/kit/exhaustive.ts';
import { faultCode } from '../../core/kit/fault.ts';
import { sameJson } from '../../core/kit/same-json.ts';
import { monitorTimeoutMs } from '../agent-config.ts';
import { changeRecord } from '../change-record.ts';
import { withoutTaken } from '../host-ports.ts';
import { choosePorts } from './choose-ports.ts';
import { logUnforeseen, reasonOfFault } from './fault-reason.ts';
import { type Performing, provenTarget } from './performing.ts';

/**
 * Changes the live process in place. A failure, also that of a guest that does not follow, is kept on the instance and
 * tried again with backoff; the guest goes on.
 */
export async function performUpdate(performing: Performing, fields: readonly string[]): Promise<void> {
  const { ctx, slot, desired, signal } = performing;
  const { runtime, ref, incarnation } = provenTarget(performing);
  const memory = fields.includes('memory_mib') ? memoryProgress(performing, incarnation.id) : null;
  slot.updating = { incarnationId: incarnation.id, generation: desired.generation, fields, memory };
  try {
    // A forward that was just added may ask for a port of the node's choice; it is fixed before it is used.
    const hostPorts = choosePorts(performing);
    await changeRecord(ctx, slot, (record) =>
      sameJson(record.hostPorts, hostPorts) ? record : { ...record, hostPorts },
    );
    const limit = ctx.deps.clock.timeout(monitorTimeoutMs, signal);
    const { facts } = slot.evidence;
    invariant(facts !== null, 'a change in place follows a look at the process');
    const wanted = inPlaceSpec(desired.spec, facts, fields);
    const made = slot.record?.disksMade ?? [];
    const orderedBy = slot.record?.orderedBy ?? null;
    const madeBefore = lastingDisks(wanted).filter((name) => made.includes(name));
    await runtime.update(ref, wanted, { hostPorts, madeBefore }, limit);
    await changeRecord(ctx, slot, (record) => recordDisksMade(record, wanted, orderedBy));
    const stalled = memory === null ? null : memoryStalled(desired.name, memory, ctx.deps.clock.now());
    if (stalled !== null) await fail(performing, stalled);
  } catch (error) {
    if (signal.aborted) throw error;
    logUnforeseen(performing, error);
    if (faultCode(error) === 'port_conflict') {
      await changeRecord(ctx, slot, (record) => ({ ...record, hostPorts: withoutTaken(record.hostPorts, error) }));
    }
    await fail(performing, reasonOfFault(error, 'realisation_failed', ctx.deps.clock.now()));
  }
}

/** Told once, however often it is tried in vain. */
async function fail({ ctx, slot, desired }: Performing, reason: FailureReason): Promise<void> {
  const moment = { now: reason.at, chance: ctx.deps.random.next() };
  const before = slot.record?.history;
  await changeRecord(ctx, slot, (record) => recordOperationFailed(record, desired, reason, moment));
  if (slot.record?.history !== before) ctx.events.add(slot.uid, reason.code, reason.message);
}

/** How far the guest is, as the last look has it; null while it does not execute: then it can follow nothing. */
function memoryProgress({ ctx, slot, desired }: Performing, incarnationId: IncarnationId): MemoryProgress | null {
  const { facts, monitor } = slot.evidence;
  if (facts === null || monitor.kind !== 'answered' || monitor.state !== 'running') return null;
  return followMemory(slot.updating?.memory ?? null, {
    ...{ incarnationId, generation: desired.generation, wantedMib: desired.spec.memoryMib },
    ...{ memoryMib: facts.memoryMib, since: ctx.deps.clock.now() },
  });
}
