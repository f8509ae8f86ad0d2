/**
 * Journal changes of one incarnation, in the order of its life. Each is pure: record in, record out; the shell makes the
 * result durable before the effect that it announces (spec F4: no guest ever executes without a record).
 */
import type { IncarnationId, TimeMs } from '../kit/brand.ts';
import { invariant } from '../kit/exhaustive.ts';
import type { EndOfIncarnation } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { FailureReason } from './failure-reason.ts';
import {
  type Incarnation,
  type IncarnationState,
  isLive,
  proofOf,
  type StopBecause,
  startedAtOf,
  transition,
} from './incarnation.ts';
import type { ProcessProof } from './process.ts';
import type { InstanceRecord } from './record.ts';

/** A new incarnation of `desired.run`; the one before must be proven over. Clears what the last run left behind. */
export function beginIncarnation(
  record: InstanceRecord,
  desired: DesiredVm,
  id: IncarnationId,
  now: TimeMs,
): InstanceRecord {
  invariant(record.incarnation === null || !isLive(record.incarnation.state), 'one live incarnation per instance');
  const incarnation: Incarnation = {
    id,
    run: desired.run,
    state: { kind: 'creating' },
    stateGeneration: 1,
    stateSince: now,
    started: { spec: desired.spec, specHash: desired.specHash, generation: desired.generation },
  };
  return withIncarnation(record, incarnation);
}

/** Another incarnation takes the place of the one of the record. */
export function withIncarnation(record: InstanceRecord, incarnation: Incarnation): InstanceRecord {
  const restart = { attempt: record.restart.attempt, nextAt: null };
  const fresh = {
    runEnded: null,
    guestStateMet: null,
    operationError: null,
    checksPassed: [],
    askedToStopAt: null,
    silentSince: null,
    silenceTold: false,
    lostFiles: [],
  };
  return { ...record, incarnation, restart, ...fresh };
}

/** Files are ready; a process is about to be started. */
export function recordStarting(record: InstanceRecord, now: TimeMs): InstanceRecord {
  return withState(record, { kind: 'starting', process: null }, now);
}

/** The process exists, frozen; its proof must be durable before the guest is let go. Of one that starts: only a fact (S28). */
export function recordSpawned(record: InstanceRecord, process: ProcessProof, now: TimeMs): InstanceRecord {
  const incarnation = live(record);
  const state: IncarnationState = { kind: 'starting', process };
  if (incarnation.state.kind !== 'starting') return withState(record, state, now);
  return { ...record, incarnation: { ...incarnation, state } };
}

/** The guest was let go, paused, or found so, by order or behind our back. */
export function recordGuestState(
  record: InstanceRecord,
  desired: DesiredVm,
  state: 'running' | 'paused',
  now: TimeMs,
): InstanceRecord {
  const next = state === 'running' ? recordRunning(record, now) : recordPaused(record, now);
  return (state === 'paused') === desired.desiredPaused ? recordGuestStateMet(next, desired) : next;
}

/** The guest is as this order wishes it. */
export const recordGuestStateMet = (record: InstanceRecord, { generation }: DesiredVm): InstanceRecord => ({
  ...record,
  guestStateMet: Math.max(record.guestStateMet ?? 0, generation),
});

/** The guest executes (or was found executing). */
function recordRunning(record: InstanceRecord, now: TimeMs): InstanceRecord {
  const { process, startedAt } = liveParts(record, now);
  const next = withState(record, { kind: 'running', process, startedAt }, now);
  return { ...next, everRan: true, failure: null };
}

/** The guest is paused, by order or behind our back. */
function recordPaused(record: InstanceRecord, now: TimeMs): InstanceRecord {
  const { process, startedAt } = liveParts(record, now);
  return { ...withState(record, { kind: 'paused', process, startedAt }, now), everRan: true, failure: null };
}

/**
 * Condemns the live incarnation; durable before any signal is sent (spec §2 "Verbs as desired state"). An error of an older
 * order is cleared: it would hide that this one is being carried out.
 */
export function recordCondemned(
  record: InstanceRecord,
  order: {
    readonly mode: 'graceful' | 'forced';
    readonly because: StopBecause;
    readonly killAt: TimeMs;
    readonly failure: FailureReason | null;
  },
  now: TimeMs,
): InstanceRecord {
  const process = liveParts(record, now).process;
  const startedAt = startedAtOf(live(record).state);
  const condemned = withState(
    record,
    { kind: 'stopping', process, startedAt, ...order, askedAt: null, graceOver: false },
    now,
  );
  return { ...condemned, operationError: null };
}

/** The power button of the condemned incarnation is pressed. No transition: only a fact about the state. */
export function recordPowerDownAsked(record: InstanceRecord, { spec }: DesiredVm, now: TimeMs): InstanceRecord {
  const incarnation = live(record);
  const { state } = incarnation;
  invariant(state.kind === 'stopping', 'only a condemned incarnation is asked to power off');
  // Asked for the first time when its grace was over already: it has it from now on.
  const isLate = state.askedAt === null && now >= state.killAt;
  const killAt = isLate ? now + spec.stop.graceSeconds * 1000 : state.killAt;
  return { ...record, incarnation: { ...incarnation, state: { ...state, askedAt: now, killAt } } };
}

/** The condemned guest did not power off in time; durable before its process is killed. No transition either. */
export function recordGraceOver(record: InstanceRecord): InstanceRecord {
  const incarnation = live(record);
  const { state } = incarnation;
  invariant(state.kind === 'stopping', 'only a condemned incarnation has a grace time');
  return { ...record, incarnation: { ...incarnation, state: { ...state, graceOver: true } } };
}

/** The guest ended itself; the process still holds the cause. */
export function recordGuestStopped(record: InstanceRecord, how: 'power_off' | 'panic', now: TimeMs): InstanceRecord {
  const { process, startedAt } = liveParts(record, now);
  return withState(record, { kind: 'stopped', process, startedAt, how }, now);
}

/** S26: the stop failed, or S11: it is not to be carried out; the incarnation goes on as what the guest is. */
export function recordUncondemned(record: InstanceRecord, now: TimeMs): InstanceRecord {
  const { process, startedAt } = liveParts(record, now);
  const { state } = live(record);
  const askedToStopAt = state.kind === 'stopping' ? state.askedAt : record.askedToStopAt;
  return { ...withState(record, { kind: 'running', process, startedAt }, now), askedToStopAt };
}

/** The terminal (or unwound) state; only the caller knows whether there is proof of death. */
export function recordTerminal(record: InstanceRecord, end: EndOfIncarnation | 'unwound', now: TimeMs): InstanceRecord {
  const state: IncarnationState =
    end === 'unwound'
      ? { kind: 'unwound' }
      : end.kind === 'failed'
        ? { kind: 'failed', reason: end.reason }
        : { kind: 'destroyed', cause: end.cause };
  return { ...withState(record, state, now), silentSince: null, silenceTold: false };
}

function withState(record: InstanceRecord, state: IncarnationState, now: TimeMs): InstanceRecord {
  return { ...record, incarnation: transition(live(record), state, now) };
}

function live(record: InstanceRecord): Incarnation {
  const incarnation = record.incarnation;
  invariant(incarnation !== null && isLive(incarnation.state), 'a live incarnation');
  return incarnation;
}

/** Proof and start time carried from state to state; the first `running` after `starting` starts now. */
function liveParts(record: InstanceRecord, now: TimeMs): { process: ProcessProof; startedAt: TimeMs } {
  const state = live(record).state;
  const process = proofOf(state);
  invariant(process !== null, 'a journaled process');
  return { process, startedAt: startedAtOf(state) ?? now };
}
