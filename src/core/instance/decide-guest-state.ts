import type { LiveSituation } from './classify.ts';
import { act, type Decision, journal, nothing } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { ExecutingState } from './evidence.ts';
import type { InstanceRecord } from './record.ts';

/**
 * A guest runs or is paused: does the record say so, and is that wanted? Null: both. Once the guest has been as the order
 * wishes it, any deviation is drift and no part of the order, however long the rest of it is held up (S11).
 */
export function decideGuestState(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  guest: ExecutingState,
): Decision | null {
  const found = decideGuestStateFound(situation);
  if (found !== null) return found;
  if ((guest !== 'running') === desired.desiredPaused) return null;
  const ordered = isAwaited(desired, record);
  if (!ordered && desired.spec.driftPolicy === 'detect') return nothing('drift_detect_only');
  return desired.desiredPaused
    ? act({ kind: 'pause' }, ordered ? 'paused_by_user' : 'out_of_band')
    : act({ kind: 'resume' }, ordered && guest === 'paused' ? 'resumed_by_user' : foundBecause(guest));
}

/** The guest was found in another state than the record says, whatever is wanted of it. Null: it was not. */
export function decideGuestStateFound({ guest, incarnation }: LiveSituation): Decision | null {
  if (guest !== 'running' && guest !== 'paused' && guest !== 'io_error') return null;
  const state = guest === 'running' ? 'running' : 'paused';
  return incarnation.state.kind === state ? null : journal({ kind: 'guest_state', state }, foundBecause(guest));
}

const foundBecause = (guest: ExecutingState): 'io_error' | 'out_of_band' =>
  guest === 'io_error' ? 'io_error' : 'out_of_band';

/** Reported only: everything else that is ordered goes on beside it. */
export const isOnlyReported = (decision: Decision | null): boolean => decision?.because === 'drift_detect_only';

/** The guest is as wished, and the rest of the order may take long: that is journaled first. Null: it is. */
export function decideGuestStateMet(desired: DesiredVm, record: InstanceRecord): Decision | null {
  return isAwaited(desired, record) ? journal({ kind: 'guest_state_met' }, 'proof_of_life') : null;
}

function isAwaited({ generation }: DesiredVm, { guestStateMet, observedGeneration }: InstanceRecord): boolean {
  return guestStateMet === null || Math.max(guestStateMet, observedGeneration) < generation;
}
