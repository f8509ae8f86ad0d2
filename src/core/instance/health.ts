/**
 * What the health checks of a guest say: counting their results, and the reason they give for ending it. Pure.
 *
 *   untried ──passes──► passing ◄──passes── failing
 *      │                   └──`retries` failures in a row──► failing (health_check_failed)
 *      └──fails, boot limit over──► failing (boot_timeout)
 *
 * A guest that boots fails every check: until a check has passed once in this incarnation its failures count for nothing but
 * the boot limit. A check that cannot be run is no result at all (F2).
 */
import type { IncarnationId, TimeMs } from '../kit/brand.ts';
import type { FailureReason } from './failure-reason.ts';
import { startLimitMs } from './phase-limits.ts';

/** A guest whose check has not passed this long after it was begun did not boot: it has what every other start has. */
export const bootLimitMs = startLimitMs;

export interface CheckState {
  readonly verdict: 'unknown' | 'passing' | 'failing';
  readonly failuresInRow: number;
  /** It passed before in this incarnation: what fails from now on is no boot. */
  readonly passedBefore: boolean;
  /** When this agent began to run it: the guest was let go or reset, the check was declared, or the agent took it over. */
  readonly since: TimeMs;
  /** What the last failure said. */
  readonly output: string;
}

export function untried(passedBefore: boolean, since: TimeMs): CheckState {
  return { verdict: 'unknown', failuresInRow: 0, passedBefore, since, output: '' };
}

/** One more result; `because` is null when it passed. */
export function countResult(state: CheckState, because: string | null, retries: number, now: TimeMs): CheckState {
  if (because === null) return { ...state, verdict: 'passing', failuresInRow: 0, passedBefore: true, output: '' };
  const failuresInRow = state.failuresInRow + 1;
  const isFailing = state.passedBefore ? failuresInRow >= retries : now >= state.since + bootLimitMs;
  return { ...state, verdict: isFailing ? 'failing' : state.verdict, failuresInRow, output: because };
}

/** A check whose failures are enough to act upon. */
export interface FailingCheck {
  readonly code: 'health_check_failed' | 'boot_timeout';
  readonly check: string;
  readonly failuresInRow: number;
  readonly output: string;
}

/** The checks of one incarnation, as far as they were run. */
export interface HealthEvidence {
  /** The first failing one, in the order they are declared. */
  readonly failing: FailingCheck | null;
  /** Checks that passed at least once in this incarnation. */
  readonly passed: readonly string[];
  /** Every check that can be run passes now. */
  readonly isWell: boolean;
}

/** Evidence from the states of the checks that can be run, tried or not, in the order they are declared. */
export function healthEvidence(states: readonly (readonly [name: string, state: CheckState])[]): HealthEvidence {
  const failing = states.find(([, { verdict }]) => verdict === 'failing');
  return {
    failing: failing === undefined ? null : failingCheck(...failing),
    passed: states.filter(([, { passedBefore }]) => passedBefore).map(([name]) => name),
    isWell: states.every(([, { verdict }]) => verdict === 'passing'),
  };
}

function failingCheck(check: string, { passedBefore, failuresInRow, output }: CheckState): FailingCheck {
  return { code: passedBefore ? 'health_check_failed' : 'boot_timeout', check, failuresInRow, output };
}

/** Why the guest is ended, or in error where its policy forbids a restart. */
export function unhealthyReason(failing: FailingCheck, incarnationId: IncarnationId, now: TimeMs): FailureReason {
  const { code, check, failuresInRow, output } = failing;
  const booted = code === 'health_check_failed';
  const what = booted
    ? `Health check "${check}" failed ${failuresInRow} times in a row`
    : `The guest did not boot in time: health check "${check}" has not passed within ${bootLimitMs / 1000} s`;
  const details = { check, failures_in_row: failuresInRow, output, incarnation_id: incarnationId };
  return { code, message: `${what}: ${output}`, at: now, details };
}
