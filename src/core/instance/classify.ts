/**
 * Evidence + record → situation: what is the case for one instance, in words the decision tables are written in.
 * Nothing here knows what is wanted.
 */

import type { TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { EndOfIncarnation } from './decision.ts';
import type { ArtefactsEvidence, GuestState, InstanceEvidence, VmFacts } from './evidence.ts';
import type { FailureReason } from './failure-reason.ts';
import type { HealthEvidence } from './health.ts';
import { type Incarnation, type IncarnationState, isLive, proofOf, startedAtOf } from './incarnation.ts';
import type { ProcessEvidence, ProcessProof } from './process.ts';
import type { InstanceRecord } from './record.ts';

export type Situation =
  /** No process, and no record that says there should be one. */
  | { readonly kind: 'vacant'; readonly leftovers: boolean }
  /** F2: the probe could not tell. Nothing may change because of it. */
  | { readonly kind: 'unproven'; readonly why: string }
  /** A process carries the uid but no record speaks of it. */
  | { readonly kind: 'stray'; readonly process: ProcessProof }
  /** An earlier life was about to start it; no process came of it. */
  | { readonly kind: 'never_spawned'; readonly incarnation: Incarnation }
  /** An earlier life started the process and crashed before it could journal the proof. */
  | { readonly kind: 'unrecorded'; readonly incarnation: Incarnation; readonly process: ProcessProof }
  /** Proof of death, with the conclusion drawn from it. */
  | { readonly kind: 'ended'; readonly incarnation: Incarnation; readonly end: EndOfIncarnation }
  | LiveSituation;

export interface LiveSituation {
  readonly kind: 'live';
  readonly incarnation: Incarnation;
  readonly process: ProcessProof;
  readonly guest: GuestState | 'silent';
  /** Null when the monitor did not answer. */
  readonly facts: VmFacts | null;
  readonly health: HealthEvidence | null;
  readonly artefacts: ArtefactsEvidence | null;
  readonly silentSeenSince: TimeMs | null;
}

/** Draws the conclusion. `bootId` is the host's present one: a proof from another boot is dead without any failure (F5). */
export function classify(
  record: InstanceRecord | null,
  evidence: InstanceEvidence,
  host: { readonly bootId: string; readonly now: TimeMs },
): Situation {
  if (evidence.stray !== null) return { kind: 'stray', process: evidence.stray };
  const incarnation = record?.incarnation ?? null;
  if (incarnation === null || !isLive(incarnation.state)) return { kind: 'vacant', leftovers: evidence.leftovers };
  const journaled = proofOf(incarnation.state);
  if (journaled !== null && journaled.bootId !== host.bootId) {
    return { kind: 'ended', incarnation, end: endAfterReboot(incarnation, host.now) };
  }
  return classifyProcess(incarnation, journaled, evidence, host.now);
}

function classifyProcess(
  incarnation: Incarnation,
  journaled: ProcessProof | null,
  evidence: InstanceEvidence,
  now: TimeMs,
): Situation {
  const { process, facts, health, artefacts, silentSeenSince } = evidence;
  switch (process.life) {
    case 'inconclusive':
      return { kind: 'unproven', why: process.because };
    case 'none':
      if (journaled === null) return { kind: 'never_spawned', incarnation };
      return { kind: 'ended', incarnation, end: concludeEnd(incarnation, unknownDeath, now) };
    case 'dead':
      if (journaled === null) return { kind: 'ended', incarnation, end: failedSpawn(incarnation, process, now) };
      return { kind: 'ended', incarnation, end: concludeEnd(incarnation, process, now) };
    case 'alive':
      if (journaled === null) return { kind: 'unrecorded', incarnation, process: process.proof };
      return {
        kind: 'live',
        incarnation,
        process: journaled,
        guest: guestOf(incarnation, evidence),
        facts,
        health,
        artefacts,
        silentSeenSince,
      };
    default:
      return exhaustive(process);
  }
}

type Death = Extract<ProcessEvidence, { life: 'dead' }>;

const unknownDeath: Death = { life: 'dead', exit: { kind: 'unknown' }, oomKilled: false, stderrTail: [] };

/**
 * A guest that is reset while it is paused looks like one that was never let go. The journal knows that this one was: it is
 * paused, for whoever paused it to let go, and not the last step of a start.
 */
function guestOf({ state }: Incarnation, { monitor }: InstanceEvidence): GuestState | 'silent' {
  if (monitor.kind !== 'answered') return 'silent';
  return monitor.state === 'frozen' && startedAtOf(state) !== null ? 'paused' : monitor.state;
}

/** A host reboot is no failure (F5); an incarnation already condemned ended as it was asked to. */
function endAfterReboot(incarnation: Incarnation, now: TimeMs): EndOfIncarnation {
  const state = incarnation.state;
  if (state.kind === 'stopping' && state.failure === null) {
    return stoppedEnd(state);
  }
  if (state.kind === 'stopped') return endOfStoppedGuest(incarnation, state.how, now);
  return { kind: 'destroyed', cause: { kind: 'host_reboot' } };
}

/**
 * The end of a condemned incarnation is the user's stop, or the failure it was condemned for; a guest that powered off meant
 * it; all else failed.
 */
function concludeEnd(incarnation: Incarnation, death: Death, now: TimeMs): EndOfIncarnation {
  const state = incarnation.state;
  if (state.kind === 'stopping') {
    if (state.failure !== null) return { kind: 'failed', reason: state.failure };
    return stoppedEnd(state);
  }
  if (state.kind === 'stopped') return endOfStoppedGuest(incarnation, state.how, now);
  return { kind: 'failed', reason: hypervisorExited(incarnation, death, now) };
}

function stoppedEnd({ because, mode, graceOver }: Extract<IncarnationState, { kind: 'stopping' }>): EndOfIncarnation {
  return { kind: 'destroyed', cause: { kind: 'stopped', because, forced: mode === 'forced' || graceOver, graceOver } };
}

/**
 * A start whose process ended unseen, before it could be journaled: it gets the reason it would have had if somebody had
 * seen it.
 */
function failedSpawn(incarnation: Incarnation, death: Death, now: TimeMs): EndOfIncarnation {
  const last = death.stderrTail.at(-1);
  const message = `The hypervisor did not start${last === undefined ? '' : `: ${last}`}`;
  const details = {
    exit_code: death.exit.kind === 'code' ? death.exit.code : null,
    stderr_tail: death.stderrTail,
    incarnation_id: incarnation.id,
  };
  return { kind: 'failed', reason: { code: 'hypervisor_spawn_failed', message, at: now, details } };
}

/** The guest ended itself and the journal says how. */
function endOfStoppedGuest(incarnation: Incarnation, how: 'power_off' | 'panic', now: TimeMs): EndOfIncarnation {
  if (how === 'power_off') return { kind: 'destroyed', cause: { kind: 'guest_power_off' } };
  const details = { incarnation_id: incarnation.id };
  return { kind: 'failed', reason: { code: 'guest_panicked', message: 'The guest kernel panicked', at: now, details } };
}

/** The reason `hypervisor_exited`, with everything that is known of the exit. */
export function hypervisorExited(incarnation: Incarnation, death: Death, now: TimeMs): FailureReason {
  const { exit, oomKilled } = death;
  const before = incarnation.state.kind === 'starting' ? ' before the guest ran' : '';
  const how = oomKilled ? 'was killed by signal 9 (host out of memory)' : describeExit(death);
  return {
    code: 'hypervisor_exited',
    message: `The hypervisor process ${how}${before}`,
    at: now,
    details: {
      exit_code: exit.kind === 'code' ? exit.code : null,
      signal: exit.kind === 'signal' ? exit.signal : null,
      cause: oomKilled ? 'oom_kill' : exit.kind === 'unknown' ? 'exit: unknown' : null,
      incarnation_id: incarnation.id,
      stderr_tail: death.stderrTail,
    },
  };
}

function describeExit({ exit }: Death): string {
  switch (exit.kind) {
    case 'code':
      return `exited with code ${exit.code}`;
    case 'signal':
      return `was killed by signal ${exit.signal}`;
    case 'unknown':
      return 'ended; its exit status is unknown because another agent process had started it';
    default:
      return exhaustive(exit);
  }
}
