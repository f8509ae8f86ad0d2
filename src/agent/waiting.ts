/**
 * F1: every transient phase has a waiter and a deadline counted without progress. This file says, from what is known of an
 * instance, which phase it is in, what it waits for and until when; it is pure, the reconciler keeps time.
 */
import { clockText } from '../core/convergence/clock-text.ts';
import { killsAtTimeout } from '../core/instance/decide-stop.ts';
import type { Decision } from '../core/instance/decision.ts';
import type { DesiredVm } from '../core/instance/desired.ts';
import type { FailureReason } from '../core/instance/failure-reason.ts';
import { type IncarnationState, isLive } from '../core/instance/incarnation.ts';
import { longLimitMs, startLimitMs, stopLimitMs } from '../core/instance/phase-limits.ts';
import type { InstanceRecord } from '../core/instance/record.ts';
import type { TimeMs } from '../core/kit/brand.ts';
import type { Waiting, WaitingFor } from '../core/node/observation.ts';

/** How far the effect in flight has come; `progress` moves the deadline. */
export interface Stage {
  readonly for: WaitingFor;
  readonly message: string;
  readonly progressAt: TimeMs;
}

/** A transient phase as it is timed. */
export interface PhaseWatch {
  readonly key: string;
  readonly since: TimeMs;
  readonly progressAt: TimeMs;
  /** Deadlines that have passed; the next one is counted from the last. */
  readonly missed: number;
  /** What is timed is a fetch beside a guest that goes on, in no transient phase. */
  readonly isFetch: boolean;
}

export interface PhaseInput {
  readonly desired: DesiredVm | null;
  readonly record: InstanceRecord | null;
  readonly leftovers: boolean;
  readonly decision: Decision | null;
  readonly stage: Stage | null;
  /** Artefacts of a newer run are being fetched. */
  readonly fetching: boolean;
  readonly now: TimeMs;
}

type Stopping = Extract<IncarnationState, { kind: 'stopping' }>;

interface Transient {
  readonly key: string;
  readonly for: WaitingFor;
  readonly message: string;
  readonly limitMs: number;
  readonly isFetch?: boolean;
  /** For a phase whose end was fixed when it began. */
  readonly deadline: TimeMs | null;
}

/** The watch and the waiter now; both null outside transient phases. */
export function watchPhase(
  before: PhaseWatch | null,
  input: PhaseInput,
): { readonly watch: PhaseWatch; readonly waiting: Waiting } | null {
  const phase = transientOf(input);
  if (phase === null) return null;
  const same = before?.key === phase.key ? before : null;
  const since = same?.since ?? input.now;
  const progressAt = Math.max(same?.progressAt ?? input.now, input.stage?.progressAt ?? 0);
  const missed = same?.missed ?? 0;
  const deadline = missed === 0 && phase.deadline !== null ? phase.deadline : progressAt + phase.limitMs;
  return {
    watch: { key: phase.key, since, progressAt, missed, isFetch: phase.isFetch === true },
    waiting: { for: phase.for, since, deadline, message: phase.message },
  };
}

function transientOf(input: PhaseInput): Transient | null {
  const { desired, record } = input;
  if (desired === null) return null;
  const live = record?.incarnation != null && isLive(record.incarnation.state) ? record.incarnation : null;
  const removing = desired.desiredPhase === 'deleted' || desired.desiredPhase === 'released';
  if (removing && record === null && !input.leftovers) return null;
  const stopping = live?.state.kind === 'stopping' ? stoppingOf(live.state, desired) : null;
  if (removing) {
    const step = stopping ?? (live === null ? removal : processExit);
    return { ...step, key: 'deleting', limitMs: longLimitMs, deadline: null };
  }
  if (live?.state.kind === 'stopping' && stopping !== null) {
    const deadline = live.state.killAt + stopLimitMs;
    return { ...stopping, key: `stopping ${live.id}`, limitMs: stopLimitMs, deadline };
  }
  // A process that is kept for what only it has is not being ended (spec S11).
  if (live?.state.kind === 'stopped' && input.decision?.because !== 'disk_file_lost') {
    return { ...processExit, key: `stopping ${live.id}`, limitMs: stopLimitMs, deadline: null };
  }
  return desired.desiredPhase === 'running' ? startingOf(input, live?.state.kind ?? null) : null;
}

function startingOf({ desired, stage, fetching, decision }: PhaseInput, live: string | null): Transient | null {
  const limits = { limitMs: startLimitMs, deadline: null };
  if (fetching && stage !== null && (live === 'running' || live === 'paused')) {
    return { for: stage.for, message: stage.message, key: `fetching ${desired?.specHash}`, isFetch: true, ...limits };
  }
  const begun = live === 'creating' || live === 'starting';
  const wanted = live === null && (stage !== null || decision?.action.kind === 'start');
  if (!begun && !wanted) return null;
  const step = stage ?? { for: 'hypervisor_monitor' as const, message: 'Starting the hypervisor' };
  return { for: step.for, message: step.message, key: `starting ${desired?.run}`, ...limits };
}

const removal = { for: 'removal' as const, message: 'Removing the files of the instance' };
const processExit = { for: 'process_exit' as const, message: 'The hypervisor process is being ended' };

function stoppingOf({ mode, askedAt, killAt }: Stopping, desired: DesiredVm) {
  if (mode === 'forced') return processExit;
  const asked = askedAt !== null ? 'ACPI power button sent' : 'The ACPI power button is being pressed';
  const end = killsAtTimeout(desired) ? 'the process is killed' : 'the stop fails';
  const message = `${asked}; ${end} at ${clockText(killAt)} if the guest does not power off`;
  return { for: 'guest_shutdown' as const, message };
}

/** The reason when a waiter's deadline passed. */
export function deadlineExceeded(name: string, waiting: Waiting, now: TimeMs): FailureReason {
  const seconds = Math.round((now - waiting.since) / 1000);
  return {
    code: 'operation_deadline_exceeded',
    message: `VM "${name}" has waited ${seconds} s: ${waiting.message}`,
    at: now,
    details: { waiting_for: waiting.for, waited_seconds: seconds },
  };
}
