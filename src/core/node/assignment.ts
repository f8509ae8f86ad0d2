/**
 * Everything one node must run, at one revision: the whole set in meaning, content-addressed on the wire (rule 5).
 */
import type { DesiredVm } from '../instance/desired.ts';
import type { Uid } from '../kit/brand.ts';

/** Revisions compare as (epoch, revision): a restored store starts a new epoch (spec §9). */
export interface AssignmentRevision {
  readonly epoch: number;
  readonly revision: number;
}

export interface Assignment {
  readonly clusterId: string;
  readonly at: AssignmentRevision;
  readonly instances: readonly DesiredVm[];
  /** Named by the assignment too, in words of a newer control plane. Absent: every entry could be read. */
  readonly unreadable?: readonly UnreadableOrder[];
}

/** An order in words that this version does not have: nothing is guessed and nothing is done about its instance. */
export interface UnreadableOrder {
  readonly uid: Uid;
  readonly name: string;
  /** What of it is not known, and that this side is older. */
  readonly because: string;
}

/** True when `a` is newer than `b`. */
export function isNewer(a: AssignmentRevision, b: AssignmentRevision | null): boolean {
  if (b === null) return true;
  return a.epoch !== b.epoch ? a.epoch > b.epoch : a.revision > b.revision;
}
