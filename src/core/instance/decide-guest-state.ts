import type { LiveSituation } from './classify.ts';
import { act, type Decision, journal, nothing } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { InstanceRecord } from './record.ts';

/** A guest runs or is paused: does the record say so, and is it wanted so? Null: both. */
export function decideGuestState(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  guest: 'running' | 'paused',
): Decision | null {
  if (situation.incarnation.state.kind !== guest) return journal({ kind: 'guest_state', state: guest }, 'out_of_band');
  if ((guest === 'paused') === desired.desiredPaused) return null;
  const ordered = record.observedGeneration < desired.generation;
  if (!ordered && desired.spec.driftPolicy === 'detect') return nothing('drift_detect_only');
  return desired.desiredPaused
    ? act({ kind: 'pause' }, ordered ? 'paused_by_user' : 'out_of_band')
    : act({ kind: 'resume' }, ordered ? 'resumed_by_user' : 'out_of_band');
}
