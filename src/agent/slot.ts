/**
 * What the agent holds in memory about one instance: the order (desired), the journaled record, what was last seen, and
 * the effect in flight. Everything here can be lost: a new agent builds it anew from journal and runtimes.
 */
import type { EffectInFlight } from '../core/instance/decide-preemption.ts';
import type { Action, Decision } from '../core/instance/decision.ts';
import type { DesiredVm } from '../core/instance/desired.ts';
import type { ArtefactsEvidence, InstanceLook, VmFacts, VmMetrics } from '../core/instance/evidence.ts';
import type { HealthEvidence } from '../core/instance/health.ts';
import type { MemoryProgress } from '../core/instance/memory-progress.ts';
import type { InstanceRecord } from '../core/instance/record.ts';
import { nothingUnready, type Unready } from '../core/instance/unready.ts';
import type { IncarnationId, TimeMs, Uid } from '../core/kit/brand.ts';
import type { ObservedHealth, Waiting } from '../core/node/observation.ts';
import type { FoundRuntime, RebootBy } from '../ports/runtime.ts';
import type { PhaseWatch, Stage } from './waiting.ts';

/** The one effect in flight. */
export interface Effect extends EffectInFlight {
  readonly controller: AbortController;
}

/** Artefacts that are fetched beside the loop: for minutes, in which the guest must not be left to itself. */
export interface Fetch extends EffectInFlight, Omit<ArtefactsEvidence, 'state'> {
  readonly kind: 'fetch';
  readonly controller: AbortController;
  /** How far it has come; null until it has begun, and at its end. */
  stage: Stage | null;
  state: ArtefactsEvidence['state'];
  /** Never rejects. */
  ended: Promise<void>;
}

/** An action that failed waits before it is tried again; other actions do not wait for it. */
export interface Blocked {
  readonly until: TimeMs;
  readonly failures: number;
  /** What it failed of, told once; null: it did not fail, the guest has yet to follow. */
  readonly code: string | null;
}

/** A correction of this long ago is forgotten: the next one of its kind is made, and told, at once again. */
const correctionForgottenMs = 60_000;

/** The last correction of this kind that the guest has yet to follow; null: none of late. */
export function lastCorrection({ blocked }: Pick<Slot, 'blocked'>, kind: Action['kind'], now: TimeMs): Blocked | null {
  const last = blocked.get(kind);
  return last !== undefined && now < last.until + correctionForgottenMs ? last : null;
}

/** Reboots of a guest without an order: when that was last told, and how many since then were not. */
export interface GuestReboots {
  readonly incarnationId: IncarnationId;
  readonly toldAt: TimeMs;
  readonly untold: number;
}

/** A change in place that is under way: tries of one change are told once. */
export interface Updating {
  readonly incarnationId: IncarnationId;
  readonly generation: number;
  readonly fields: readonly string[];
  /** How far the guest has followed; null where its memory does not change. */
  readonly memory: MemoryProgress | null;
}

/** Counters of one incarnation. */
export interface SeenMetrics {
  readonly incarnationId: IncarnationId;
  readonly values: VmMetrics;
  readonly at: TimeMs;
}

export interface Slot {
  readonly uid: Uid;
  /** Null: no assignment names it; it is left as it is. */
  desired: DesiredVm | null;
  /** An assignment that names it is being journaled: `desired` follows when it is on disk. */
  arriving: boolean;
  /** Why the assignment's order cannot be read; `desired` is then the last that could, and none of it is carried out. */
  unreadable: string | null;
  /** The record with every change accepted; `durable` follows when it is on disk. Only the durable one is reported. */
  record: InstanceRecord | null;
  durable: InstanceRecord | null;
  /** A process or files that a scan found and no record speaks of. */
  found: FoundRuntime | null;
  /** The last scan found no process of it; its record, which nobody follows while no assignment names it, may say otherwise. */
  endedAlone: boolean;
  evidence: InstanceLook;
  /** Since when every look found the monitor of the live process silent; null where the last one did not. */
  silentSeenSince: TimeMs | null;
  /** What the monitor last proved of an incarnation: a monitor that falls silent takes none of it back (spec F2). */
  proved: { readonly incarnationId: IncarnationId; readonly facts: VmFacts } | null;
  /** What a start would need and is not there, as last seen; nothing while a process of it runs. */
  unready: readonly Unready[];
  /** Its counters, as last seen; null while no process of it is known. */
  metrics: SeenMetrics | null;
  decision: Decision | null;
  effect: Effect | null;
  stage: Stage | null;
  /** By kind: where two fail in turns (the journal and what it is to hold), neither takes the wait of the other away. */
  readonly blocked: Map<Action['kind'], Blocked>;
  updating: Updating | null;
  phase: PhaseWatch | null;
  waiting: Waiting | null;
  watch: { readonly incarnationId: IncarnationId; close(): void } | null;
  health: ObservedHealth | null;
  /** What the checks of the live incarnation have found out; null without any result. */
  checks: HealthEvidence | null;
  /** The last fetch for a run that is to take the place of the present one. */
  fetch: Fetch | null;
  /** Counts boots that were ordered inside an incarnation (`reset`): its checks begin anew. */
  resets: number;
  /** By whom its guest was rebooted in this life of the agent. */
  readonly reboots: Map<RebootBy, GuestReboots>;
  /** The deviations that were last told as only reported; null: none since all was as wanted. */
  driftTold: string | null;
  /** Something happened since the loop last looked. */
  dirty: boolean;
  /** The loop of this instance, while it runs. */
  loop: Promise<void> | null;
  /** Called each time the loop comes to rest. */
  readonly atRest: Set<() => void>;
}

/** Nothing of the instance has been seen. */
const unseen: InstanceLook = {
  process: { life: 'none' },
  monitor: { kind: 'not_asked' },
  facts: null,
  stray: null,
  leftovers: false,
};

export function newSlot(uid: Uid): Slot {
  return {
    uid,
    desired: null,
    arriving: false,
    unreadable: null,
    record: null,
    durable: null,
    found: null,
    endedAlone: false,
    evidence: unseen,
    silentSeenSince: null,
    proved: null,
    unready: nothingUnready,
    metrics: null,
    decision: null,
    effect: null,
    stage: null,
    blocked: new Map(),
    updating: null,
    phase: null,
    waiting: null,
    watch: null,
    health: null,
    checks: null,
    fetch: null,
    resets: 0,
    reboots: new Map(),
    driftTold: null,
    dirty: false,
    loop: null,
    atRest: new Set(),
  };
}

/** The name for messages. */
export const slotName = (slot: Slot): string => slot.desired?.name ?? slot.record?.name ?? slot.found?.name ?? slot.uid;

/** Whether the assignment says anything of it, in words that can be read or not. */
export const isNamed = ({ desired, arriving, unreadable }: Slot): boolean =>
  desired !== null || arriving || unreadable !== null;

/** A deleted or released instance of which nothing is left on this node. */
export function isGone(slot: Slot): boolean {
  const phase = slot.unreadable === null ? slot.desired?.desiredPhase : null;
  if (phase !== 'deleted' && phase !== 'released') return false;
  return slot.durable === null && slot.record === null && slot.found === null && slot.effect === null;
}
