/**
 * What a pass may do to one instance, and why (spec S4, S16). A decision is data: the reconciler performs it, the report
 * and the log print it, the golden tables show every member.
 */

import type { TimeMs } from '../kit/brand.ts';
import type { LostFile } from './evidence.ts';
import type { FailureReason } from './failure-reason.ts';
import type { EndCause, StopBecause } from './incarnation.ts';
import type { ProcessProof } from './process.ts';
import type { ResolvedImage } from './record.ts';

export type Action =
  /** Nothing to do, or nothing that may be done now. */
  | { readonly kind: 'none' }
  /** Begin to fetch and check what a newer run is made of; the guest of the older one goes on meanwhile. */
  | { readonly kind: 'fetch' }
  /** Make files, start a process frozen, journal it, let it go: a new incarnation. */
  | { readonly kind: 'start' }
  /** A process exists whose proof was never journaled (crash between spawn and journal): journal it. */
  | { readonly kind: 'adopt'; readonly process: ProcessProof }
  /** Let a frozen guest go, or resume a paused one. */
  | { readonly kind: 'resume' }
  | { readonly kind: 'pause' }
  /** Condemn: journaled before any signal. `forced` has its grace end now. */
  | {
      readonly kind: 'stop';
      readonly mode: 'graceful' | 'forced';
      readonly stopBecause: StopBecause;
      readonly killAt: TimeMs;
      readonly failure: FailureReason | null;
    }
  /** Press the power button of a condemned incarnation. */
  | { readonly kind: 'power_down' }
  /** End the proven process. */
  | { readonly kind: 'kill' }
  /** End a process of this uid that no record speaks of; it was never let go, or nothing of the instance is to run. */
  | { readonly kind: 'kill_stray'; readonly process: ProcessProof }
  /** Change the live process or its disks in place. */
  | { readonly kind: 'update'; readonly fields: readonly string[] }
  /** Remove data disks that are no longer declared, with what they hold. */
  | { readonly kind: 'drop_disks'; readonly disks: readonly string[] }
  /** Clear away everything of the instance on this node. */
  | { readonly kind: 'remove' }
  /** Journal what was found out; no contact with the runtime. */
  | { readonly kind: 'record'; readonly change: RecordChange };

/** Findings that change only the journal. */
export type RecordChange =
  /** Proof of death, with the conclusion drawn from it. */
  | { readonly kind: 'ended'; readonly end: EndOfIncarnation }
  /** The guest ended itself; its process still waits to be read and cleared. */
  | { readonly kind: 'guest_stopped'; readonly how: 'power_off' | 'panic' }
  /** Nothing was ever spawned for the incarnation of a life that crashed. */
  | { readonly kind: 'unwound' }
  /** The guest was found in another state than the record says (paused behind our back, let go, resumed). */
  | { readonly kind: 'guest_state'; readonly state: 'running' | 'paused' }
  /** The change that the newer run was asked for is taken back: the present one is kept, as that run. */
  | { readonly kind: 'run_kept' }
  /** The guest is as this order wishes it, whatever else of the order is still to come. */
  | { readonly kind: 'guest_state_met' }
  /** The stop failed and the policy says so: error, and the condemned mark is taken away (S26). */
  | { readonly kind: 'stop_failed'; readonly reason: FailureReason }
  /** The guest has not powered off in time: its process is to be killed, and its end is no shutdown. */
  | { readonly kind: 'grace_over'; readonly graceSeconds: number }
  /** The condemned mark is taken away: what only this process has would end with it (S11). */
  | { readonly kind: 'spared' }
  /** Checks that fail where the policy forbids a restart: an error on the live incarnation. */
  | { readonly kind: 'unhealthy'; readonly reason: FailureReason }
  /** Everything the newer run is made of is in the cache: its digests are fixed before they are used. */
  | { readonly kind: 'fetched'; readonly images: Readonly<Record<string, ResolvedImage>> }
  /** It could not be had: an error on the live incarnation, which goes on. */
  | { readonly kind: 'fetch_failed'; readonly reason: FailureReason }
  /** These checks have passed for the first time in this incarnation: it has booted. */
  | { readonly kind: 'checks_passed'; readonly checks: readonly string[] }
  /** Proof of life clears an operation error while running is desired (S23). */
  | { readonly kind: 'repaired' }
  /** The generation is fully realised (S2b). */
  | { readonly kind: 'realised' }
  /** Healthy for long enough: the backoff starts anew, after so many tries. */
  | { readonly kind: 'backoff_reset'; readonly attempts: number }
  /** Files of its disks were taken from under the process, or are in their places again (S11). */
  | { readonly kind: 'lost_files'; readonly lostFiles: readonly LostFile[] }
  | { readonly kind: 'monitor_silent' }
  /** It has been silent for so long that it is told: as the condition `responsive` says it (F2). */
  | { readonly kind: 'silence_lasts' }
  | { readonly kind: 'monitor_answers'; readonly wasTold: boolean };

/** How an incarnation ended: well, or failed with a reason. */
export type EndOfIncarnation =
  | { readonly kind: 'destroyed'; readonly cause: EndCause }
  | { readonly kind: 'failed'; readonly reason: FailureReason };

/** The closed set of reasons for a decision: one vocabulary from here to the log, the events and `drift[].because`. */
export type Because =
  | 'converged'
  | 'unassigned'
  | 'unreadable_order'
  | 'missing'
  | 'retry_later'
  | 'restart_policy_on_failure'
  | 'restart_policy_always'
  | 'restart_policy_never'
  | 'run_superseded'
  | 'image_download'
  | 'artefacts_ready'
  | 'backing_off'
  | 'awaiting_change'
  | 'guest_power_off'
  | 'guest_panicked'
  | 'start_at_boot_disabled'
  | 'user_stop'
  | 'user_poweroff'
  | 'stop_failed_stands'
  | 'being_deleted'
  | 'released'
  | 'guest_shutdown'
  | 'grace_over'
  | 'process_ended'
  | 'never_spawned'
  | 'spawn_unrecorded'
  | 'stray_process'
  | 'operation_failed'
  | 'frozen'
  | 'paused_by_user'
  | 'resumed_by_user'
  | 'out_of_band'
  | 'io_error'
  | 'drift_detect_only'
  | 'change_in_place'
  | 'change_taken_back'
  | 'change_while_starting'
  | 'proof_of_life'
  | 'probe_inconclusive'
  | 'monitor_silent'
  | 'unresponsive'
  | 'health_check_passed'
  | 'health_check_failed'
  | 'boot_timeout'
  | 'generation_realised'
  | 'healthy_again'
  | 'nothing_left'
  | 'disk_removed'
  | 'disk_file_lost';

export interface Decision {
  readonly action: Action;
  readonly because: Because;
  /** When to look again even if nothing happens; null = at the next regular pass. */
  readonly wakeAt: TimeMs | null;
}

/** No effect. `wakeAt`: when the answer may change by time alone. */
export function nothing(because: Because, wakeAt: TimeMs | null = null): Decision {
  return { action: { kind: 'none' }, because, wakeAt };
}

/** A probe that says nothing is repeated so soon. */
const probeAgainMs = 1_000;

/** Nothing can be concluded yet (F2). */
export const inconclusive = (now: TimeMs): Decision => nothing('probe_inconclusive', now + probeAgainMs);

/** An effect on the runtime. */
export function act(action: Action, because: Because, wakeAt: TimeMs | null = null): Decision {
  return { action, because, wakeAt };
}

/** A finding that is only written down. */
export function journal(change: RecordChange, because: Because): Decision {
  return { action: { kind: 'record', change }, because, wakeAt: null };
}
