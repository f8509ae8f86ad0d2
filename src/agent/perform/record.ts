import { applyChange } from '../../core/instance/apply-change.ts';
import type { RecordChange } from '../../core/instance/decision.ts';
import { isDestroyable } from '../../core/instance/incarnation.ts';
import { newRecord } from '../../core/instance/record.ts';
import { recordSeen } from '../../core/instance/record-outcome.ts';
import { runtimeOf } from '../agent-context.ts';
import { changeRecord, saveRecord } from '../change-record.ts';
import { watchProcess } from '../watch-process.ts';
import { unpinOthers } from './ensure-images.ts';
import type { Performing } from './performing.ts';

/** Journals a finding. After an end, what the incarnation left is cleared; a crash in between leaves that to the next start. */
export async function performRecord(performing: Performing, change: RecordChange): Promise<void> {
  const { ctx, slot, desired, signal } = performing;
  const moment = { now: ctx.deps.clock.now(), chance: ctx.deps.random.next() };
  if (slot.record === null) {
    await saveRecord(ctx, slot, recordSeen(newRecord(slot.uid, desired.name, desired.placement), desired));
  }
  // Unpinned before it is journaled: afterwards nobody would know which images the newer run was to be made of.
  if (change.kind === 'run_kept' && slot.record !== null) {
    await unpinOthers(performing, applyChange(slot.record, desired, change, moment).images);
  }
  const before = slot.record?.incarnation ?? null;
  await changeRecord(ctx, slot, (record) => applyChange(record, desired, change, moment));
  watchProcess(ctx, slot);
  const after = slot.record?.incarnation ?? null;
  if (before === null || after === null || before.state === after.state || !isDestroyable(after.state)) return;
  const ref = { uid: slot.uid, name: desired.name, incarnationId: after.id };
  await runtimeOf(ctx, after.started.spec.runtime)?.clear(ref, signal);
}
