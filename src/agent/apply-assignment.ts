import type { DesiredVm } from '../core/instance/desired.ts';
import { type InstanceRecord, newRecord } from '../core/instance/record.ts';
import { type OrderSource, recordOrdered } from '../core/instance/record-ordered.ts';
import { recordLeft, recordSeen } from '../core/instance/record-outcome.ts';
import type { Uid } from '../core/kit/brand.ts';
import { Fault } from '../core/kit/fault.ts';
import { sameJson } from '../core/kit/same-json.ts';
import type { Assignment, UnreadableOrder } from '../core/node/assignment.ts';
import type { AgentContext } from './agent-context.ts';
import { settleRecord } from './change-record.ts';
import { preempt } from './reconcile-instance.ts';
import { isNamed, newSlot, type Slot } from './slot.ts';

/**
 * Takes over a whole assignment: one transaction with the rows that differ, the revision and the generations seen; then the
 * instances concerned are woken. An instance the assignment no longer names is left as it is (absence never destroys).
 */
export async function applyAssignment(ctx: AgentContext, assignment: Assignment): Promise<void> {
  // Equal numbers are equal orders only within one life of a store.
  const restored = ctx.at?.epoch !== assignment.at.epoch;
  const changed: DesiredVm[] = [];
  const touched: Slot[] = [];
  const records: { readonly slot: Slot; readonly record: InstanceRecord }[] = [];
  const before = restored ? [] : ctx.taken;
  const { came, went } = difference(before, assignment.instances);
  const store = { clusterId: assignment.clusterId, epoch: assignment.at.epoch };
  const heldFrom = ctx.at === null ? null : { clusterId: assignment.clusterId, epoch: ctx.at.epoch };
  for (const desired of came) {
    const slot = ctx.slots.get(desired.uid) ?? newSlot(desired.uid);
    if (slot.desired !== null && slot.unreadable === null && !restored && sameOrder(slot.desired, desired)) continue;
    ctx.slots.set(desired.uid, slot);
    changed.push(desired);
    touched.push(slot);
    const record = seenBy(ctx, slot, desired, { store, heldFrom, before: slot.desired });
    if (record !== slot.record && record !== null) records.push({ slot, record });
  }
  const held = assignment.unreadable ?? [];
  const named = new Set<Uid>([...came, ...held].map(({ uid }) => uid));
  const gone = before.length === 0 ? unnamed(ctx, named) : unnamedOf(ctx, went, named);
  for (const slot of gone) {
    // What an unreadable order wants of it is not known: the one before it is not offered in its place.
    if (slot.record !== null && slot.desired !== null && slot.unreadable === null) {
      records.push({ slot, record: recordLeft(slot.record, slot.desired) });
    }
  }

  // In memory first and all at once: whatever a loop writes from here on contains it, and the journal keeps the order.
  for (const { slot, record } of records) slot.record = record;
  for (const slot of touched) slot.arriving = true;
  const write = ctx.journal.saveAssignment({
    clusterId: assignment.clusterId,
    at: assignment.at,
    changed,
    gone: gone.map(({ uid }) => uid),
    unreadable: held.map(({ uid, because }) => ({ uid, because, last: ctx.slots.get(uid)?.desired ?? null })),
    records: records.map(({ record }) => record),
  });
  try {
    await Promise.all([write, ...records.map(({ slot, record }) => settleRecord(ctx, slot, record, write))]);
    ctx.at = assignment.at;
    ctx.taken = assignment.instances;
    ctx.unreadable = held.map(({ uid }) => uid);
    for (const [index, slot] of touched.entries()) {
      slot.desired = changed[index] ?? null;
      slot.unreadable = null;
    }
    for (const order of held) hold(ctx, order);
  } finally {
    for (const slot of touched) slot.arriving = false;
  }
  for (const slot of gone) release(ctx, slot);
  for (const slot of touched) {
    slot.blocked.clear();
    preempt(slot);
    ctx.wake(slot);
  }
  for (const listener of [...ctx.arrivals]) listener();
}

/**
 * Entries that are not the same object in the same place of both sets: `came` as the set after has them, `went` as the one
 * before. One plain loop: the largest sets are walked at each change, and fetching them from memory is what that costs.
 */
function difference(before: readonly DesiredVm[], after: readonly DesiredVm[]) {
  const came: DesiredVm[] = [];
  const went: DesiredVm[] = [];
  for (let i = 0; i < before.length || i < after.length; i += 1) {
    const was = before[i];
    const is = after[i];
    if (was === is) continue;
    if (is !== undefined) came.push(is);
    if (was !== undefined) went.push(was);
  }
  return { came, went };
}

function unnamed(ctx: AgentContext, named: ReadonlySet<Uid>): readonly Slot[] {
  return [...ctx.slots.values()].filter((slot) => isNamed(slot) && !named.has(slot.uid));
}

/** Those of `went` that the assignment no longer names: `named` are those that stand in it as another object, or elsewhere. */
function unnamedOf(ctx: AgentContext, went: readonly DesiredVm[], named: ReadonlySet<Uid>): readonly Slot[] {
  const left = [...went.map(({ uid }) => uid), ...ctx.unreadable].filter((uid) => !named.has(uid));
  return [...new Set(left)].flatMap((uid) => ctx.slots.get(uid) ?? []).filter(isNamed);
}

/** The record with the order arrived; a first record for an instance that is to exist, none for one that is to go. */
function seenBy(ctx: AgentContext, slot: Slot, desired: DesiredVm, source: OrderSource): InstanceRecord | null {
  if (slot.record !== null) return recordOrdered(slot.record, desired, source);
  // What a scan finds without a record is adopted; it gets its record there.
  if (!ctx.scanned || slot.found !== null) return null;
  if (desired.desiredPhase === 'deleted' || desired.desiredPhase === 'released') return null;
  const fresh = { ...newRecord(desired.uid, desired.name, desired.placement), orderedBy: source.store };
  return recordSeen(fresh, desired);
}

/** S2: every change of desired state counts the generation up, so equal numbers are equal orders. */
function sameOrder(a: DesiredVm, b: DesiredVm): boolean {
  return (
    a === b ||
    (a.generation === b.generation &&
      a.placement === b.placement &&
      a.run === b.run &&
      a.desiredPhase === b.desiredPhase &&
      a.desiredPaused === b.desiredPaused &&
      a.stopMode === b.stopMode &&
      a.specHash === b.specHash &&
      a.name === b.name &&
      sameJson(a.pinnedImages, b.pinnedImages))
  );
}

/** Its order cannot be read: nothing is done about it, since nobody knows what would be right. What is seen is still told. */
function hold(ctx: AgentContext, { uid, name, because }: UnreadableOrder): void {
  const slot = ctx.slots.get(uid) ?? newSlot(uid);
  ctx.slots.set(uid, slot);
  const unknown = new Fault('cancelled', 'A newer order came over it that cannot be read', { retry: 'never' });
  for (const each of [slot.effect, slot.fetch]) each?.controller.abort(unknown);
  if (slot.unreadable !== because) {
    ctx.events.add(uid, 'unreadable_order', `VM "${name}" is left as it is: its order cannot be read, ${because}`);
  }
  slot.unreadable = because;
  ctx.wake(slot);
}

/** The entry has left the assignment: forgotten if nothing is left of it here, unassigned otherwise. */
function release(ctx: AgentContext, slot: Slot): void {
  // What nobody assigns any more is left as it is, so effects in flight are given up too.
  const unnamed = new Fault('cancelled', 'No assignment names it any more', { retry: 'never' });
  for (const each of [slot.effect, slot.fetch]) each?.controller.abort(unnamed);
  slot.desired = null;
  slot.endedAlone = false;
  slot.unreadable = null;
  slot.decision = null;
  slot.phase = null;
  slot.waiting = null;
  ctx.wakes.set(slot.uid, null);
  if (slot.record === null && slot.found === null) {
    slot.watch?.close();
    ctx.slots.delete(slot.uid);
  }
  ctx.changed(slot);
}
