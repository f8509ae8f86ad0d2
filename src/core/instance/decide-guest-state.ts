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
  const state = guest === 'running' ? 'running' : 'paused';
  const found = guest === 'io_error' ? 'io_error' : 'out_of_band';
  if (situation.incarnation.state.kind !== state) return journal({ kind: 'guest_state', state }, found);
  if ((state === 'paused') === desired.desiredPaused) return null;
  const ordered = isAwaited(desired, record);
  if (!ordered && desired.spec.driftPolicy === 'detect') return nothing('drift_detect_only');
  return desired.desiredPaused
    ? act({ kind: 'pause' }, ordered ? 'paused_by_user' : 'out_of_band')
    : act({ kind: 'resume' }, ordered && guest === 'paused' ? 'resumed_by_user' : found);
}

/** Reported only: everything else that is ordered goes on beside it. */
export const isOnlyReported = (decision: Decision | null): boolean => decision?.because === 'drift_detect_only';

/** The guest is as wished, and the rest of the order may take long: that is journaled first. Null: it is. */
export function decideGuestStateMet(desired: DesiredVm, record: InstanceRecord): Decision | null {
  return isAwaited(desired, record) ? journal({ kind: 'guest_state_met' }, 'proof_of_life') : null;
}

function isAwaited({ generation }: DesiredVm, { guestStateMet, observedGeneration }: InstanceRecord): boolean {
  return guestStateMet === null || Math.max(guestStateMet, observedGeneration) < generation;
}
