/**
 * The host was rebooted: whatever was going on is over, and none of it failed. `start_at_boot: false` ends the run of what its
 * policy would start again, in whatever state the reboot found it (spec F5); an order that is newer than the reboot is none of that.
 */
import type { TimeMs } from '../kit/brand.ts';
import { decideStart } from './decide-start.ts';
import type { DesiredVm } from './desired.ts';
import { isLive, proofOf } from './incarnation.ts';
import type { InstanceRecord } from './record.ts';
import { recordTerminal } from './record-incarnation.ts';

/** `desired`: the order that stood before the reboot; null where no assignment named it. */
export function recordRebooted(record: InstanceRecord, desired: DesiredVm | null, now: TimeMs): InstanceRecord {
  const state = record.incarnation?.state;
  if (state === undefined || !isLive(state)) return heldAtBoot(record, desired, now);
  // Its process, if there was one, ended with the host: that there is no proof of it makes no failed start of that.
  if (proofOf(state) === null) return heldAtBoot(recordTerminal(record, 'unwound', now), desired, now);
  // Its end is yet to be concluded: the mark waits for that.
  return isWanted(desired) ? { ...record, runEnded: endedRun(desired, now) } : record;
}

/** Nothing of it lives: what would be started now by itself is not. */
export function heldAtBoot(record: InstanceRecord, desired: DesiredVm | null, at: TimeMs): InstanceRecord {
  if (!isWanted(desired)) return record;
  const restart = { attempt: 0, nextAt: null };
  if (decideStart(desired, { ...record, restart }, at).action.kind !== 'start') return record;
  return { ...record, restart, failure: null, operationError: null, runEnded: endedRun(desired, at) };
}

const isWanted = (desired: DesiredVm | null): desired is DesiredVm =>
  desired !== null && desired.desiredPhase === 'running' && !desired.spec.startAtBoot;

const endedRun = ({ run }: DesiredVm, at: TimeMs): NonNullable<InstanceRecord['runEnded']> => ({
  run,
  cause: 'host_reboot',
  at,
});
