/**
 * Finding out what is on this host (spec F4): at start before anything is started, then now and then. What a scan finds and
 * no record speaks of is either adopted (the assignment names it: its record was lost), a stray (a record speaks of another
 * incarnation), or unassigned (nobody names it: left as it is, by policy).
 */
import type { DesiredVm } from '../core/instance/desired.ts';
import type { Incarnation } from '../core/instance/incarnation.ts';
import { isLive } from '../core/instance/incarnation.ts';
import type { ProcessProof } from '../core/instance/process.ts';
import { type InstanceRecord, newRecord } from '../core/instance/record.ts';
import { withIncarnation } from '../core/instance/record-incarnation.ts';
import { recordSeen } from '../core/instance/record-outcome.ts';
import { unknownHash } from '../core/instance/running-spec.ts';
import type { TimeMs } from '../core/kit/brand.ts';
import type { UnassignedRuntime } from '../core/node/observation.ts';
import type { FoundRuntime } from '../ports/runtime.ts';
import { type AgentContext, allRuntimes } from './agent-context.ts';
import { saveRecord } from './change-record.ts';
import { isStray, isUnused } from './observe-instance.ts';
import { isNamed, newSlot, type Slot } from './slot.ts';
import { orderOf } from './unassigned-policy.ts';

/** After a lost record the count of transitions is unknown; it goes on well above any that was reported. */
const stateGenerationAfterLoss = 1_000;

/** Scans every runtime and sorts what was found. Throws when a runtime cannot be scanned: then nothing is concluded. */
export async function scanRuntimes(ctx: AgentContext, signal: AbortSignal): Promise<void> {
  const before = new Map([...ctx.slots.values()].map((slot) => [slot, slot.record]));
  const found = new Map<string, FoundRuntime>();
  for (const runtime of allRuntimes(ctx)) {
    for (const item of await runtime.scan(signal)) found.set(item.uid, better(found.get(item.uid), item));
  }
  for (const slot of ctx.slots.values()) {
    if (!found.has(slot.uid)) slot.found = null;
    slot.endedAlone = !isNamed(slot) && found.get(slot.uid)?.proof == null;
  }
  for (const item of found.values()) {
    const slot = ctx.slots.get(item.uid) ?? newSlot(item.uid);
    ctx.slots.set(item.uid, slot);
    // What happened to an instance during the scan may be older or newer than what the scan saw: the next one tells.
    if (slot.record !== (before.get(slot) ?? null)) continue;
    slot.found = isRecorded(slot, item) ? null : item;
  }
  ctx.scanned = true;
  for (const slot of [...ctx.slots.values()]) {
    if (!isNamed(slot) && slot.record === null && slot.found === null) ctx.slots.delete(slot.uid);
  }
}

/** A process outweighs files, and one that says which incarnation it is outweighs one that does not. */
function better(a: FoundRuntime | undefined, b: FoundRuntime): FoundRuntime {
  if (a === undefined || a.proof === null) return b;
  return b.proof !== null && a.incarnationId === null ? b : a;
}

/** Files of a recorded instance, or the process of its live incarnation, are no surprise. */
function isRecorded(slot: Slot, item: FoundRuntime): boolean {
  if (slot.record === null) return false;
  if (item.proof === null) return true;
  const incarnation = slot.record.incarnation;
  return incarnation !== null && isLive(incarnation.state) && incarnation.id === item.incarnationId;
}

/**
 * A process was found whose record is lost, or older than what runs. The process is the ground truth, and is adopted, also
 * while its monitor is silent. Answers the proof of one that is a stray instead, and to be ended: it was never let go, or it
 * is not wanted.
 */
export async function settleFound(ctx: AgentContext, slot: Slot, signal: AbortSignal): Promise<ProcessProof | null> {
  const { found } = slot;
  const desired = orderOf(ctx, slot);
  if (found?.proof == null || desired === null) return null;
  if (slot.record !== null) {
    if (!isStray(slot)) return null;
    if (isOff(desired) || (await isUnused(ctx, slot, desired, signal))) return found.proof;
  }
  const lost = lostRecord(found, desired, ctx.deps.clock.now());
  if (lost?.incarnation == null) return null;
  slot.found = null;
  const { record } = slot;
  const taken = record === null ? lost : { ...withIncarnation(record, lost.incarnation), everRan: true, failure: null };
  await saveRecord(ctx, slot, taken);
  const message = `VM "${desired.name}": its process was found without a record and adopted`;
  ctx.events.add(slot.uid, 'adopted', message);
  return null;
}

/** Whatever of it runs is to be gone at once. */
const isOff = ({ desiredPhase, stopMode }: DesiredVm): boolean =>
  desiredPhase !== 'running' && (desiredPhase !== 'stopped' || stopMode === 'forced');

/**
 * A record for a process whose own was lost. It is taken to realise the run that is wanted, so that adoption restarts
 * nothing; what it was started from is unknown and says so.
 */
function lostRecord(found: FoundRuntime, desired: DesiredVm, now: TimeMs): InstanceRecord | null {
  if (found.proof === null || found.incarnationId === null) return null;
  const incarnation: Incarnation = {
    id: found.incarnationId,
    run: desired.run,
    state: { kind: 'running', process: found.proof, startedAt: now },
    stateGeneration: stateGenerationAfterLoss,
    stateSince: now,
    started: { spec: desired.spec, specHash: unknownHash, generation: 0 },
  };
  const record = recordSeen(newRecord(desired.uid, desired.name, desired.placement), desired);
  return { ...record, incarnation, everRan: true };
}

/** What no assignment names, for the report. */
export function unassignedOf(ctx: AgentContext): readonly UnassignedRuntime[] {
  const list: UnassignedRuntime[] = [];
  const adopt = ctx.config.unknownInstances === 'adopt' && ctx.at !== null;
  for (const slot of ctx.slots.values()) {
    if (slot.desired !== null || slot.unreadable !== null) continue;
    if (slot.record === null && slot.found === null) continue;
    list.push({
      uid: slot.uid,
      name: slot.record?.name ?? slot.found?.name ?? null,
      state: hasProcess(slot) ? 'running' : 'leftover',
      order: adopt ? offerOf(slot) : null,
    });
  }
  return list;
}

/** What was to go is not offered: a deleted instance must not be revived (spec §4). */
function offerOf({ durable }: Slot): DesiredVm | null {
  const order = durable?.lastOrder ?? null;
  if (durable === null || order === null) return null;
  if (order.desiredPhase === 'deleted' || order.desiredPhase === 'released') return null;
  return { ...order, generation: Math.max(order.generation, durable.seenGeneration), placement: durable.placement };
}

function hasProcess(slot: Slot): boolean {
  if (slot.found?.proof != null) return true;
  if (slot.endedAlone) return false;
  const state = slot.record?.incarnation?.state;
  return state !== undefined && isLive(state) && state.kind !== 'creating';
}
