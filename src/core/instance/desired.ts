/**
 * What a node is told to make true of one instance: one entry of its assignment. Whole, never a delta (spec §1 Assignment).
 */
import type { Uid } from '../kit/brand.ts';
import type { VmSpec } from './spec.ts';

/** `released`: moved away; what is left on this node goes, without destroying the instance elsewhere. */
export type AssignedPhase = 'running' | 'stopped' | 'deleted' | 'released';

export type StopMode = 'graceful' | 'forced';

export interface DesiredVm {
  readonly uid: Uid;
  readonly name: string;
  /** Counts changes of desired state (S2). */
  readonly generation: number;
  /** Number of this placement on this node; a report from an older one is not about this instance's present (spec §9). */
  readonly placement: number;
  readonly desiredPhase: AssignedPhase;
  readonly desiredPaused: boolean;
  /** Which run is wanted; an incarnation with an older one is stopped and replaced. */
  readonly run: number;
  /**
   * How many of the newest runs were asked for only to bring a change: a process that already is as wanted needs none of
   * them.
   */
  readonly changeRuns: number;
  readonly stopMode: StopMode;
  readonly spec: VmSpec;
  /** Hash of the fields that reach the process or its disks. */
  readonly specHash: string;
  /** Digests fixed at the first realisation, by URL (spec §10); every later realisation must match. */
  readonly pinnedImages: Readonly<Record<string, string>>;
}
