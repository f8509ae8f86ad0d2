import type { InstanceRecord } from '../core/instance/record.ts';
import { recordRebooted } from '../core/instance/record-reboot.ts';
import type { AgentContext } from './agent-context.ts';
import { settleRecord } from './change-record.ts';
import type { JournalImage } from './journal/journal.ts';
import { type Slot, slotName } from './slot.ts';

interface Settled {
  readonly slot: Slot;
  readonly record: InstanceRecord;
}

/**
 * Before anything is judged: the journal of an earlier boot of the host tells of what is over since. Where it does not say which
 * boot it is of, nothing is concluded.
 */
export async function settleBoot(ctx: AgentContext, { bootId: journaled, desired }: JournalImage): Promise<void> {
  const { bootId } = ctx.deps.host;
  if (journaled === bootId) return;
  const before = new Map(desired.map((order) => [order.uid, order]));
  const now = ctx.deps.clock.now();
  const settled = [...ctx.slots.values()].flatMap((slot): readonly Settled[] => {
    if (slot.record === null || journaled === null) return [];
    // What has arrived since may be newer than the reboot.
    const record = recordRebooted(slot.record, before.get(slot.uid) ?? null, now);
    return record === slot.record ? [] : [{ slot, record }];
  });
  for (const { slot, record } of settled) slot.record = record;
  const write = ctx.journal.saveBoot(
    bootId,
    settled.map(({ record }) => record),
  );
  await Promise.all([write, ...settled.map(({ slot, record }) => settleRecord(ctx, slot, record, write))]);
  for (const { slot, record } of settled) {
    if (record.runEnded?.cause !== 'host_reboot' || record.runEnded.at !== now) continue;
    const message = `VM "${slotName(slot)}": the node was rebooted and start_at_boot is off: it is not started`;
    ctx.events.add(slot.uid, 'start_at_boot_disabled', message);
  }
}
