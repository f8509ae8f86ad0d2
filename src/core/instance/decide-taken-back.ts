/**
 * A newer run was asked for so that a change may come, and nothing of that change is left: the guest that runs is what is wanted,
 * or can be made so in place. It is kept, and carries the newer run from now on (ADR 14). A run that was asked for by itself (start, reboot)
 * comes in any case.
 */
import { needsRestart } from '../desired/plan-change.ts';
import type { TimeMs } from '../kit/brand.ts';
import type { LiveSituation } from './classify.ts';
import { decideSilent } from './decide-silent.ts';
import { type Decision, inconclusive, journal } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { InstanceRecord } from './record.ts';
import { runningSpec, unknownHash } from './running-spec.ts';

/** Null: the newer run is needed. */
export function decideTakenBack(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  now: TimeMs,
): Decision | null {
  const { incarnation, facts, guest } = situation;
  const { spec: started, specHash } = incarnation.started;
  if (incarnation.run < desired.run - desired.changeRuns || specHash === unknownHash) return null;
  if (facts === null) {
    // What runs may be what is wanted: nothing is done before its monitor has said so, or has been silent for too long
    // (F2).
    if (specHash !== desired.specHash) return null;
    return guest === 'silent' ? decideSilent(desired, record, situation, now) : inconclusive(now);
  }
  const there = runningSpec({ started, facts, hostPorts: record.hostPorts }, desired.spec);
  if (needsRestart(there, desired.spec, facts)) return null;
  return journal({ kind: 'run_kept' }, 'change_taken_back');
}
