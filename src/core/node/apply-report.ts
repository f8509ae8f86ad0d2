/**
 * What an agent's report does to the stored observation of one instance (spec S31, S2b): older ones are ignored,
 * generations are high-water marks, and an observation that says nothing new is no change. The significant part is
 * stored; metrics and the time of observation live in memory only.
 */
import type { FailureCode } from '../instance/failure-reason.ts';
import { isLiveKind } from '../instance/live-kind.ts';
import { unknownHash } from '../instance/running-spec.ts';
import type { TimeMs } from '../kit/brand.ts';
import { shareParts } from '../kit/share-parts.ts';
import type { Placement } from '../placement/placement.ts';
import type { ObservedInstance, WaitingFor } from './observation.ts';

/** Since when parts of an observation have been as they are; conditions print them as `since`. */
export interface ObservationMarks {
  readonly realised: TimeMs;
  readonly health: TimeMs;
  readonly observedGeneration: TimeMs;
  /** Absent in a row that an older version wrote. */
  readonly facts?: TimeMs;
}

/** The stored row: the newest significant observation of an instance. */
export interface StoredObservation {
  readonly node: string;
  readonly session: string;
  readonly sequence: number;
  /** The control plane's time when this was applied. */
  readonly appliedAt: TimeMs;
  readonly instance: ObservedInstance;
  readonly marks: ObservationMarks;
}

/** Where a report comes from. `sequence` counts within the session. */
export interface ReportOrigin {
  readonly node: string;
  readonly session: string;
  readonly sequence: number;
}

export type AppliedObservation =
  | { readonly kind: 'applied'; readonly row: StoredObservation }
  | { readonly kind: 'unchanged' }
  /** `newer_placement`: the node knows more than the store, which was restored from an older backup (spec §9). */
  | {
      readonly kind: 'ignored';
      readonly because:
        | 'not_placed_here'
        | 'older_placement'
        | 'newer_placement'
        | 'older_sequence'
        | 'older_state_generation';
    };

/** Applies one instance of a report to what is stored of it. */
export function applyObservation(
  previous: StoredObservation | null,
  incoming: ObservedInstance,
  origin: ReportOrigin,
  placement: Placement | null,
  now: TimeMs,
): AppliedObservation {
  if (placement?.kind !== 'placed' || placement.node !== origin.node) return ignored('not_placed_here');
  if (incoming.placement < placement.number) return ignored('older_placement');
  if (incoming.placement > placement.number) return ignored('newer_placement');
  if (previous === null || previous.instance.placement !== incoming.placement) {
    return { kind: 'applied', row: newRow(incoming, origin, now) };
  }
  // The same sequence again is what a synchronous verb brought back after the report of that number.
  if (previous.session === origin.session && origin.sequence < previous.sequence) return ignored('older_sequence');
  if (isOlderState(previous.instance, incoming)) return ignored('older_state_generation');
  const instance: ObservedInstance = shareParts(previous.instance, {
    ...stillProved(previous.instance, incoming),
    seenGeneration: Math.max(previous.instance.seenGeneration, incoming.seenGeneration),
    observedGeneration: Math.max(previous.instance.observedGeneration, incoming.observedGeneration),
  });
  if (instance === previous.instance) return { kind: 'unchanged' };
  return { kind: 'applied', row: { ...origin, appliedAt: now, instance, marks: nextMarks(previous, instance, now) } };
}

function ignored(because: Extract<AppliedObservation, { kind: 'ignored' }>['because']): AppliedObservation {
  return { kind: 'ignored', because };
}

function newRow(instance: ObservedInstance, origin: ReportOrigin, now: TimeMs): StoredObservation {
  return {
    ...origin,
    appliedAt: now,
    instance,
    marks: { realised: now, health: now, observedGeneration: now, facts: now },
  };
}

/**
 * An agent that was started anew knows nothing of a process until its monitor has answered: what that of the same process
 * proved before stands until then (spec F2). Without it the fields would read as at the start, whatever changed in place since.
 */
function stillProved(before: ObservedInstance, after: ObservedInstance): ObservedInstance {
  if (after.facts !== null || before.facts === null) return after;
  const [was, is] = [before.incarnation, after.incarnation];
  if (was === null || is === null || was.id !== is.id || !isLiveKind(is.state)) return after;
  const runningHash = is.runningHash === unknownHash ? unknownHash : was.runningHash;
  return { ...after, facts: before.facts, incarnation: { ...is, runningHash } };
}

/** S31: the same incarnation never goes back in its own count of transitions. */
function isOlderState(previous: ObservedInstance, incoming: ObservedInstance): boolean {
  const before = previous.incarnation;
  const after = incoming.incarnation;
  if (before === null || after === null || before.id !== after.id) return false;
  return after.stateGeneration < before.stateGeneration;
}

function nextMarks(previous: StoredObservation, instance: ObservedInstance, now: TimeMs): ObservationMarks {
  const before = previous.instance;
  const marks = previous.marks;
  return {
    realised: isRealised(before) === isRealised(instance) ? marks.realised : now,
    health: healthWord(before) === healthWord(instance) ? marks.health : now,
    observedGeneration: before.observedGeneration === instance.observedGeneration ? marks.observedGeneration : now,
    facts: before.facts === instance.facts ? (marks.facts ?? marks.observedGeneration) : now,
  };
}

/** Image and disks are ready: a process has them and they are in their places, or one could be started from them now. */
export function isRealised(instance: ObservedInstance): boolean {
  const state = instance.incarnation?.state;
  if (state !== undefined && isLiveKind(state)) return !isBeingMade(instance) && lostFilesOf(instance).length === 0;
  if (instance.failure !== null && isAboutFiles(instance.failure.reason.code)) return false;
  return instance.everRan && unreadyIn(instance).length === 0;
}

/**
 * Whether image and disks are still being made, or could not be had, for a process that begins or for the run that is to
 * replace this one.
 */
function isBeingMade({ incarnation, waiting, operationError }: ObservedInstance): boolean {
  if (incarnation?.state === 'creating' || (waiting !== null && whileMade.has(waiting.for))) return true;
  return operationError !== null && isAboutFiles(operationError.reason.code);
}

const whileMade: ReadonlySet<WaitingFor> = new Set(['start_slot', 'image_download', 'disks']);

/** Since when what is seen of the incarnation is as it is: what nobody ordered of a process changes in no state of it. */
export const seenSince = ({ marks, instance: { incarnation } }: StoredObservation): TimeMs =>
  Math.max(incarnation?.stateSince ?? 0, marks.facts ?? 0);

/** A row that an older version wrote has none; nor has one of a node that does not tell. */
export const lostFilesOf = ({ facts }: ObservedInstance): NonNullable<typeof facts>['lostFiles'] =>
  facts?.lostFiles ?? [];
export const unreadyIn = ({ unready }: ObservedInstance): typeof unready => unready ?? [];

export const isAboutFiles = (code: FailureCode): boolean => aboutFiles.has(code);

/** Failures that say that image or disks are not ready, whatever ran before. */
const aboutFiles: ReadonlySet<FailureCode> = new Set([
  'image_unavailable',
  'checksum_mismatch',
  'image_invalid',
  'unsupported_format',
  'disk_too_small',
  'pool_full',
  'volume_unavailable',
  'realisation_failed',
  'journal_corrupt',
]);

/** Health as one word. Checks are probed only while the guest runs and is not condemned. */
export type HealthWord = 'none' | 'not_probed' | 'passing' | 'failing' | 'unchecked' | 'starting';

export function healthWord({ health, incarnation }: ObservedInstance): HealthWord {
  if (health === null) return 'none';
  if (incarnation?.state !== 'running') return 'not_probed';
  if (health.failing.length > 0) return 'failing';
  if (health.passing === health.total) return 'passing';
  return health.unchecked.length > 0 ? 'unchecked' : 'starting';
}
