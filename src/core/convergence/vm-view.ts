/**
 * Everything one reading of a VM is made from: what is wanted, where it is placed, what was last observed. Phase,
 * conditions, drift and `in sync` are pure functions of it and of the time (spec S3); nothing of them is ever stored.
 */
import type { VmRecord } from '../instance/vm-record.ts';
import type { TimeMs } from '../kit/brand.ts';
import type { StoredObservation } from '../node/apply-report.ts';
import type { NodeHealth } from '../node/node-health.ts';
import type { Placement } from '../placement/placement.ts';

/** The placed node as the control plane sees it; null while the VM is on none. */
export interface ViewedNode {
  readonly name: string;
  readonly health: NodeHealth;
  readonly healthSince: TimeMs;
  /** Since when it has not been ready; null = it is. */
  readonly awaySince: TimeMs | null;
}

export interface VmView {
  readonly record: VmRecord;
  /** Set once nothing is left of it: the record is kept for reading by uid. */
  readonly removedAt: TimeMs | null;
  readonly placement: Placement | null;
  readonly observation: StoredObservation | null;
  readonly node: ViewedNode | null;
}

/** Observations count only for the present placement (spec §9). */
export function currentObservation(view: VmView): StoredObservation | null {
  const { observation, placement } = view;
  if (observation === null || placement?.kind !== 'placed') return null;
  return observation.instance.placement === placement.number ? observation : null;
}
