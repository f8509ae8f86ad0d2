/**
 * What a node remembers of one instance: one row of the agent's journal, written before effects and synced. It is
 * evidence of what Holdfast did, never a copy of what is wanted. All changes are the pure functions of `record-*.ts`.
 */
import type { TimeMs, Uid } from '../kit/brand.ts';
import type { DesiredVm } from './desired.ts';
import type { LostFile } from './evidence.ts';
import type { FailureReason, OperationError, PastFailure } from './failure-reason.ts';
import type { Incarnation } from './incarnation.ts';
import type { VmSpec } from './spec.ts';

/** A digest fixed by the first realisation (spec §10). */
export interface ResolvedImage {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly resolvedAt: TimeMs;
}

/** How a run ended without anything failing: the instance stays off until `run` grows (spec F5). */
export interface RunEnded {
  readonly run: number;
  readonly cause: 'guest_power_off' | 'host_reboot';
  readonly at: TimeMs;
}

/** The last failure with none live since, and what it was about. */
export interface StandingFailure {
  readonly reason: FailureReason;
  readonly generation: number;
  readonly run: number;
}

/** What an order says of the image, whose change is what a user is asked about. */
export type ImageWords = Pick<VmSpec, 'imageUrl' | 'imageSha256'>;

/** One life of a control plane's store: a restored one begins another (spec §9). */
export interface OrderingStore {
  readonly clusterId: string;
  readonly epoch: number;
}

export interface InstanceRecord {
  readonly uid: Uid;
  readonly name: string;
  readonly placement: number;
  /** Newest generation received, newest fully realised (S2b). High-water marks. */
  readonly seenGeneration: number;
  readonly observedGeneration: number;
  /**
   * Newest generation whose wish about pausing the guest was met once in this incarnation: a deviation after that is nobody's
   * order (S11). Null: a new incarnation, which has never been as wished.
   */
  readonly guestStateMet: number | null;
  /** The newest incarnation, also after its end. */
  readonly incarnation: Incarnation | null;
  /** True once any incarnation was let go: the first start is `creating`, later ones `starting`. */
  readonly everRan: boolean;
  /** Attempts since the last healthy time, and when the next may begin; survive agent restarts. */
  readonly restart: { readonly attempt: number; readonly nextAt: TimeMs | null };
  readonly failure: StandingFailure | null;
  readonly operationError: OperationError | null;
  readonly runEnded: RunEnded | null;
  /** Oldest first, at most `failureHistoryMax`. */
  readonly history: readonly PastFailure[];
  /** By URL. */
  readonly images: Readonly<Record<string, ResolvedImage>>;
  /** Identity (url + digest) of what the root disk was made from; null = never made. */
  readonly rootMadeFrom: string | null;
  /**
   * The image of an order by a store that may know less than this node: nobody was asked whether the root disk may be made anew
   * from it, so it is not. Null: every change of the image was asked about.
   */
  readonly unaskedImage: ImageWords | null;
  /** Names of the data disks that were made and must be there; ephemeral ones may be lost. */
  readonly disksMade: readonly string[];
  /** Disks that were made and an order left out: they go, with what they hold, once no process has them. */
  readonly disksToDrop: readonly string[];
  /** Ports chosen by the node for `host_port: 0`, by `forwardKey`. */
  readonly hostPorts: Readonly<Record<string, number>>;
  /** Health checks that have passed in this incarnation: what they fail from then on is no boot. */
  readonly checksPassed: readonly string[];
  /** When this incarnation was last asked to power off, by a stop that was given up since (S26); null: by none. */
  readonly askedToStopAt: TimeMs | null;
  /** Since when the monitor has been silent while the process lives; null = it answers. */
  readonly silentSince: TimeMs | null;
  /** The silence has lasted long enough to be told (spec F2), and was. */
  readonly silenceTold: boolean;
  /** Disks of the live incarnation whose files were taken from under it, as last seen (spec S11). */
  readonly lostFiles: readonly LostFile[];
  /** The order that stood when the assignment ceased to name it; null while it is named, or where no order is known. */
  readonly lastOrder: DesiredVm | null;
  /** The store whose order arrived last; null: an agent that did not note it wrote this. */
  readonly orderedBy: OrderingStore | null;
}

/** A record for an instance just heard of. */
export function newRecord(uid: Uid, name: string, placement: number): InstanceRecord {
  return {
    uid,
    name,
    placement,
    seenGeneration: 0,
    observedGeneration: 0,
    guestStateMet: 0,
    incarnation: null,
    everRan: false,
    restart: { attempt: 0, nextAt: null },
    failure: null,
    operationError: null,
    runEnded: null,
    history: [],
    images: {},
    rootMadeFrom: null,
    unaskedImage: null,
    disksMade: [],
    disksToDrop: [],
    hostPorts: {},
    checksPassed: [],
    askedToStopAt: null,
    silentSince: null,
    silenceTold: false,
    lostFiles: [],
    lastOrder: null,
    orderedBy: null,
  };
}
