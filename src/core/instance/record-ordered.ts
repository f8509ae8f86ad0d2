/**
 * What an order that arrives does to the record. Users are asked before a change costs them a disk, and asked by the store that
 * makes the order of it. A store that knows less than this node (restored from a backup, or not known before) leaves out a disk
 * or names an image that nobody changed to: nobody was asked, so no disk is lost to it.
 *
 *   named by such a store ──► unasked ──another image, by a later order──► asked: the root disk is made anew
 *                              │    └──its own image again──► used
 *                              └──a start──► refused, the disk stays
 */
import { sameJson } from '../kit/same-json.ts';
import type { DesiredVm } from './desired.ts';
import type { InstanceRecord, OrderingStore } from './record.ts';
import { recordRestored } from './record-disks.ts';
import { recordSeen } from './record-outcome.ts';
import { sameImage } from './root-disk.ts';
import type { VmSpec } from './spec.ts';

/** Where an order comes from, and what came before it. */
export interface OrderSource {
  readonly store: OrderingStore;
  /** The store of the assignment before; it stands for a record that does not say whose orders it has seen. */
  readonly heldFrom: OrderingStore | null;
  /** The order that stood until now; null where no assignment named the instance. */
  readonly before: DesiredVm | null;
}

/** The record once this order has arrived (spec §9). */
export function recordOrdered(record: InstanceRecord, desired: DesiredVm, source: OrderSource): InstanceRecord {
  const { store, heldFrom, before } = source;
  const known = record.orderedBy ?? heldFrom;
  const isOfOther = before === null || known === null || !sameJson(known, store);
  const lastOrder = before ?? record.lastOrder;
  const next = isOfOther ? unasked(recordRestored(record, desired), desired, lastOrder) : followed(record, desired);
  return recordSeen(sameJson(next.orderedBy, store) ? next : { ...next, orderedBy: store }, desired);
}

/** An image that was ordered already was agreed to, or not, when it was. */
function unasked(record: InstanceRecord, { spec }: DesiredVm, lastOrder: DesiredVm | null): InstanceRecord {
  return lastOrder !== null && sameImage(lastOrder.spec, spec) ? record : withUnasked(record, spec);
}

/** Nobody is asked about an image where the store knows of none; whoever changes the one that it knows is. */
function followed(record: InstanceRecord, { spec }: DesiredVm): InstanceRecord {
  const { unaskedImage } = record;
  if (unaskedImage === null || sameImage(unaskedImage, spec)) return record;
  return withUnasked(record, unaskedImage.imageUrl === null ? spec : null);
}

const withUnasked = (record: InstanceRecord, spec: VmSpec | null): InstanceRecord => ({
  ...record,
  unaskedImage: spec === null ? null : { imageUrl: spec.imageUrl, imageSha256: spec.imageSha256 },
});
