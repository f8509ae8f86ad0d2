/**
 * What an agent reports of one instance. Only agents write it, it never edits desired state (spec §1, rule 6); phase,
 * conditions and drift are read from it together with desired state, never stored in it.
 */

import type { DesiredVm } from '../instance/desired.ts';
import type { GuestState, VmFacts, VmMetrics } from '../instance/evidence.ts';
import type { OperationError, PastFailure } from '../instance/failure-reason.ts';
import type { EndCause, IncarnationStateKind, StopBecause } from '../instance/incarnation.ts';
import type { ResolvedImage, RunEnded, StandingFailure } from '../instance/record.ts';
import type { VmSpec } from '../instance/spec.ts';
import type { Unready } from '../instance/unready.ts';
import type { IncarnationId, TimeMs, Uid } from '../kit/brand.ts';

/** What a transient phase waits for (spec F1). */
export type WaitingFor =
  | 'image_download'
  | 'disks'
  | 'hypervisor_monitor'
  | 'guest_shutdown'
  | 'process_exit'
  | 'removal'
  | 'start_slot'
  | 'node';

export interface Waiting {
  readonly for: WaitingFor;
  readonly since: TimeMs;
  /** Counted without progress: progress moves it. */
  readonly deadline: TimeMs;
  readonly message: string;
}

/** `unknown`: a newer agent says it in a word this version does not have (architecture rule 12). */
export type ObservedStopBecause = StopBecause | 'unknown';

export type ObservedEndCause =
  | Exclude<EndCause, { readonly kind: 'stopped' }>
  | {
      readonly kind: 'stopped';
      readonly because: ObservedStopBecause;
      readonly forced: boolean;
      readonly graceOver: boolean;
    };

export interface ObservedRunEnded extends Omit<RunEnded, 'cause'> {
  readonly cause: RunEnded['cause'] | 'unknown';
}

export interface ObservedIncarnation {
  readonly id: IncarnationId;
  readonly run: number;
  readonly state: IncarnationStateKind;
  readonly stateGeneration: number;
  readonly stateSince: TimeMs;
  readonly startedAt: TimeMs | null;
  /** Generation and fields it was started from. */
  readonly startedGeneration: number;
  readonly startedSpec: VmSpec;
  /** Hash of what provably runs: `startedSpec` overlaid by what the monitor proved (`running-spec.ts`). */
  readonly runningHash: string;
  /** Present while condemned. */
  readonly stopping: {
    readonly because: ObservedStopBecause;
    readonly mode: 'graceful' | 'forced';
    readonly killAt: TimeMs;
  } | null;
  /** Present when it ended well, in a way this version knows. */
  readonly endCause: ObservedEndCause | null;
}

export interface ObservedHealth {
  readonly passing: number;
  readonly total: number;
  /** Names of checks that failed more often in a row than their `retries`. */
  readonly failing: readonly string[];
  /** Checks this node cannot run, and why; they count neither as passing nor as failing. */
  readonly unchecked: readonly { readonly name: string; readonly because: string }[];
}

export interface ObservedInstance {
  readonly uid: Uid;
  readonly placement: number;
  readonly seenGeneration: number;
  readonly observedGeneration: number;
  readonly incarnation: ObservedIncarnation | null;
  readonly everRan: boolean;
  /**
   * What the guest does; `silent`: the process lives, its monitor does not answer; `unknown`: the probe was
   * inconclusive; `none`: no process.
   */
  readonly guest: GuestState | 'silent' | 'unknown' | 'none';
  readonly silentSince: TimeMs | null;
  /** What the monitor last proved of the live incarnation; null = it never answered. */
  readonly facts: Omit<VmFacts, 'metrics'> | null;
  readonly failure: StandingFailure | null;
  readonly operationError: OperationError | null;
  readonly history: readonly PastFailure[];
  readonly restart: { readonly attempt: number; readonly nextAt: TimeMs | null };
  readonly runEnded: ObservedRunEnded | null;
  readonly waiting: Waiting | null;
  readonly images: Readonly<Record<string, ResolvedImage>>;
  readonly hostPorts: Readonly<Record<string, number>>;
  /** Health of the guest by its checks; null = no checks declared. */
  readonly health: ObservedHealth | null;
  /** What the next run needs and the node does not have; empty while a process of it runs. */
  readonly unready: readonly Unready[];
}

/** The part that changes all the time and wakes nobody (spec §4 watch). */
export interface InstanceMetrics {
  readonly uid: Uid;
  readonly metrics: VmMetrics | null;
  readonly observedAt: TimeMs;
}

/** A runtime that no assignment names: left as it is, reported (spec §3 absence never destroys). */
export interface UnassignedRuntime {
  readonly uid: Uid;
  readonly name: string | null;
  readonly state: 'running' | 'leftover';
  /** What was ordered of it last, offered by a node with the policy `adopt`; null = it offers nothing. */
  readonly order: DesiredVm | null;
}
