import { recordDisksDropped } from '../../core/instance/record-outcome.ts';
import { allRuntimes } from '../agent-context.ts';
import { changeRecord } from '../change-record.ts';
import type { Performing } from './performing.ts';

/** Removes data disks that are no longer declared. After a crash in between it is repeated: what is gone stays gone. */
export async function performDropDisks({ ctx, slot, signal }: Performing, disks: readonly string[]): Promise<void> {
  const ref = { uid: slot.uid, name: slot.record?.name ?? slot.uid };
  for (const runtime of allRuntimes(ctx)) await runtime.removeDisks(ref, disks, signal);
  await changeRecord(ctx, slot, (record) => recordDisksDropped(record, disks));
}
