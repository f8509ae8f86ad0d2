import type { InstanceRecord } from '../core/instance/record.ts';
import type { AgentContext } from './agent-context.ts';
import type { Slot } from './slot.ts';

/**
 * Changes the record of an instance: at once in memory, so that changes of different origin never overwrite each other,
 * and resolves when durable. The journal commits in order and rows are whole, so a later row contains every earlier change.
 * When the disk refuses, memory goes back to what is durable: nothing may rest on a record that a crash would lose.
 */
export async function changeRecord(
  ctx: AgentContext,
  slot: Slot,
  change: (record: InstanceRecord) => InstanceRecord,
): Promise<void> {
  const before = slot.record;
  if (before === null) return;
  const next = change(before);
  if (next === before) return;
  slot.record = next;
  await saveRecord(ctx, slot, next);
}

/** Puts a record where none was, or another one. */
export async function saveRecord(ctx: AgentContext, slot: Slot, record: InstanceRecord): Promise<void> {
  slot.record = record;
  await settleRecord(ctx, slot, record, ctx.journal.saveRecord(record));
}

/** Follows a write that carries `record`, alone or among others. */
export async function settleRecord(
  ctx: AgentContext,
  slot: Slot,
  record: InstanceRecord,
  write: Promise<void>,
): Promise<void> {
  try {
    await write;
  } catch (error) {
    slot.record = slot.durable;
    throw error;
  }
  slot.durable = record;
  ctx.changed(slot);
}

/** Forgets the record, as the last step of a removal. */
export async function dropRecord(ctx: AgentContext, slot: Slot): Promise<void> {
  await ctx.journal.deleteRecord(slot.uid);
  slot.record = null;
  slot.durable = null;
  ctx.changed(slot);
}
