import { recordDisksDropped, recordDisksDropping } from '../../core/instance/record-disks.ts';
import { allRuntimes } from '../agent-context.ts';
import { changeRecord } from '../change-record.ts';
import type { Performing } from './performing.ts';

/**
 * Removes data disks that are no longer declared:
 *
 *   journal that none must be there any more → remove → journal that they are gone
 *
 * After a crash or a failure in between it is repeated, unless they are declared again: then those that are gone are made anew.
 */
export async function performDropDisks({ ctx, slot, signal }: Performing, disks: readonly string[]): Promise<void> {
  const ref = { uid: slot.uid, name: slot.record?.name ?? slot.uid };
  await changeRecord(ctx, slot, (record) => recordDisksDropping(record, disks));
  for (const runtime of allRuntimes(ctx)) await runtime.removeDisks(ref, disks, signal);
  await changeRecord(ctx, slot, (record) => recordDisksDropped(record, disks));
}
