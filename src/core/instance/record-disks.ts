/**
 * The data disks of an instance in its journal record: which were made, and which of them are to go. Pure.
 *
 *   made ──left out by an order──► to drop ──no process has it──► dropping ──► gone
 *     ▲                               │                              │
 *     └───────declared again──────────┘                              └──declared again──► made anew
 */
import { sameJson } from '../kit/same-json.ts';
import type { DesiredVm } from './desired.ts';
import type { InstanceRecord } from './record.ts';
import type { VmSpec } from './spec.ts';

/** Disks that the order does not declare; one that is declared again in time is kept. */
export function disksLeftOut({ disksMade, disksToDrop }: InstanceRecord, desired: DesiredVm): readonly string[] {
  return undeclared([...new Set([...disksMade, ...disksToDrop])], desired);
}

const undeclared = (disks: readonly string[], { spec }: DesiredVm): readonly string[] =>
  disks.filter((disk) => !spec.disks.some(({ name }) => name === disk));

const without = (names: readonly string[], gone: readonly string[]): readonly string[] =>
  names.filter((name) => !gone.includes(name));

/**
 * The order comes from a store that may know less than this node (restored from a backup, or not known before): a disk it does
 * not name was not taken out by anybody. It is forgotten, its file stays, and whoever declares it again has it back.
 */
export function recordRestored(record: InstanceRecord, desired: DesiredVm): InstanceRecord {
  const unknown = undeclared(record.disksMade, desired);
  if (unknown.length === 0 && record.disksToDrop.length === 0) return record;
  return { ...record, disksMade: without(record.disksMade, unknown), disksToDrop: [] };
}

/**
 * These disks are there, made for an order of the store `orderedBy`. Where another store has spoken meanwhile nothing is noted: it is
 * asked about its own disks alone, so those of this order are not for it to drop.
 */
export function recordDisksMade(
  record: InstanceRecord,
  { disks }: Pick<VmSpec, 'disks'>,
  orderedBy: InstanceRecord['orderedBy'],
): InstanceRecord {
  if (!sameJson(record.orderedBy, orderedBy)) return record;
  const added = disks.map(({ name }) => name).filter((name) => !record.disksMade.includes(name));
  return added.length === 0 ? record : { ...record, disksMade: [...record.disksMade, ...added] };
}

/**
 * These disks are about to be removed: from now on none of them must be there, so that one that is declared again after its
 * removal broke off is made anew.
 */
export function recordDisksDropping(record: InstanceRecord, disks: readonly string[]): InstanceRecord {
  const disksMade = without(record.disksMade, disks);
  return disksMade.length === record.disksMade.length ? record : { ...record, disksMade };
}

/** These disks are gone, as ordered. */
export function recordDisksDropped(record: InstanceRecord, disks: readonly string[]): InstanceRecord {
  return { ...record, disksToDrop: without(record.disksToDrop, disks) };
}
