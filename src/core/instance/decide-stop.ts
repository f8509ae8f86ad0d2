/**
 * Something lives that is to be off: a user's stop, a deletion, a superseded run. Condemned first, asked second, killed when
 * grace is over; `on_timeout: fail` keeps the guest, unless something newer wants this incarnation gone (spec §2, S26, F1).
 */
import type { TimeMs } from '../kit/brand.ts';
import type { LiveSituation } from './classify.ts';
import { decideGuestStateFound } from './decide-guest-state.ts';
import { act, type Because, type Decision, journal, nothing } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { FailureReason } from './failure-reason.ts';
import type { IncarnationState, StopBecause } from './incarnation.ts';
import type { InstanceRecord } from './record.ts';

/** A guest that still boots does not hear its power button: it is pressed again this often until grace is over. */
const askAgainMs = 5_000;

type Stopping = Extract<IncarnationState, { kind: 'stopping' }>;

/** Desired stopped, deleted or released, and not condemned yet. */
export function decideStop(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  now: TimeMs,
): Decision {
  const failed = record.operationError;
  const stands = failed !== null && failed.reason.code === 'stop_timeout' && failed.generation >= desired.generation;
  if (
    desired.desiredPhase === 'stopped' &&
    desired.stopMode === 'graceful' &&
    stands &&
    failed.incarnationId === situation.incarnation.id
  ) {
    return decideGuestStateFound(situation) ?? nothing('stop_failed_stands');
  }
  const stopBecause: StopBecause =
    desired.desiredPhase === 'stopped' ? 'user_stop' : desired.desiredPhase === 'deleted' ? 'deleted' : 'unwanted';
  const because =
    desired.desiredPhase === 'stopped'
      ? desired.stopMode === 'forced'
        ? 'user_poweroff'
        : 'user_stop'
      : 'being_deleted';
  return act(condemn(desired, situation, stopBecause, now), because);
}

/** The order to stop. A guest that was never let go, or is panicked, cannot answer the power button: it is not asked. */
export function condemn(
  desired: DesiredVm,
  situation: LiveSituation,
  stopBecause: StopBecause,
  now: TimeMs,
): Extract<Decision['action'], { kind: 'stop' }> {
  const deaf = situation.guest === 'frozen' || situation.guest === 'panicked' || situation.guest === 'internal_error';
  const forced =
    deaf || (desired.stopMode === 'forced' && desired.desiredPhase !== 'running') || stopBecause === 'unresponsive';
  const mode = forced ? 'forced' : 'graceful';
  const killAt = forced ? now : now + desired.spec.stop.graceSeconds * 1000;
  return { kind: 'stop', mode, stopBecause, killAt, failure: null };
}

/** Why a process is ended at once, in the words of decisions. */
const killBecause: Readonly<Record<StopBecause, Because>> = {
  user_stop: 'user_poweroff',
  deleted: 'being_deleted',
  unwanted: 'released',
  run_superseded: 'run_superseded',
  unresponsive: 'unresponsive',
  unhealthy: 'health_check_failed',
};

/** A condemned incarnation: ask, wait, kill. A forced stop or a delete may come over a graceful one. */
export function decideStopping(desired: DesiredVm, situation: LiveSituation, state: Stopping, now: TimeMs): Decision {
  if (situation.guest === 'powered_off') return act({ kind: 'kill' }, 'guest_power_off');
  if (state.mode === 'forced') return act({ kind: 'kill' }, killBecause[state.because]);
  const off = desired.desiredPhase !== 'running';
  if (off && desired.stopMode === 'forced') {
    return act(
      condemn(desired, situation, state.because, now),
      desired.desiredPhase === 'stopped' ? 'user_poweroff' : 'being_deleted',
    );
  }
  // A guest that was never asked has had no grace time: the agent was away. It is then counted from the asking, even where
  // a silent monitor makes that fail.
  const isPaused = situation.guest === 'paused' || situation.guest === 'io_error';
  const mayHear = situation.guest === 'running' || isPaused || situation.guest === 'silent';
  const isUnasked = state.askedAt === null && mayHear && desired.spec.stop.graceSeconds > 0;
  if (now >= state.killAt && !isUnasked) return decideGraceOver(desired, situation, state, now);
  // A paused guest cannot hear the button: it is let run so that it can power off, and asked with it.
  if (isPaused) return act({ kind: 'resume' }, 'guest_shutdown', state.killAt);
  const askAt = state.askedAt === null ? now : state.askedAt + askAgainMs;
  if (now >= askAt) return act({ kind: 'power_down' }, 'guest_shutdown', state.killAt);
  return nothing('guest_shutdown', Math.min(askAt, state.killAt));
}

/** `fail` protects a guest from its user's stop only; a deletion or a newer run needs it gone. */
export const killsAtTimeout = ({ desiredPhase, spec }: DesiredVm): boolean =>
  desiredPhase !== 'stopped' || spec.stop.onTimeout === 'kill';

function decideGraceOver(desired: DesiredVm, situation: LiveSituation, state: Stopping, now: TimeMs): Decision {
  if (killsAtTimeout(desired)) {
    if (state.graceOver) return act({ kind: 'kill' }, 'grace_over');
    return journal({ kind: 'grace_over', graceSeconds: desired.spec.stop.graceSeconds }, 'grace_over');
  }
  return journal({ kind: 'stop_failed', reason: stopTimeout(desired, situation, now) }, 'grace_over');
}

function stopTimeout(desired: DesiredVm, situation: LiveSituation, now: TimeMs): FailureReason {
  const grace = desired.spec.stop.graceSeconds;
  return {
    code: 'stop_timeout',
    message: `Cannot stop VM "${desired.name}": the guest did not power off within ${grace} s and stop.on_timeout is 'fail'`,
    at: now,
    details: { grace_seconds: grace, process_alive: true, incarnation_id: situation.incarnation.id },
  };
}
