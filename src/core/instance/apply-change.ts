/**
 * Carries out a `record` action: the one place where a RecordChange becomes a new journal row.
 */
import { exhaustive } from '../kit/exhaustive.ts';
import type { RecordChange } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { InstanceRecord } from './record.ts';
import { recordFetched, recordFetchFailed, recordRunKept } from './record-fetch.ts';
import {
  recordGraceOver,
  recordGuestState,
  recordGuestStateMet,
  recordGuestStopped,
  recordTerminal,
  recordUncondemned,
} from './record-incarnation.ts';
import {
  type Moment,
  recordBackoffReset,
  recordChecksPassed,
  recordEnded,
  recordRealised,
  recordRepaired,
  recordSilence,
  recordStopFailed,
  recordUnhealthy,
} from './record-outcome.ts';

export function applyChange(
  record: InstanceRecord,
  desired: DesiredVm,
  change: RecordChange,
  moment: Moment,
): InstanceRecord {
  switch (change.kind) {
    case 'ended':
      return recordEnded(record, desired, change.end, moment);
    case 'guest_stopped':
      return recordGuestStopped(record, change.how, moment.now);
    case 'unwound':
      return recordTerminal(record, 'unwound', moment.now);
    case 'guest_state':
      return recordGuestState(record, desired, change.state, moment.now);
    case 'guest_state_met':
      return recordGuestStateMet(record, desired);
    case 'stop_failed':
      return recordStopFailed(record, desired, change.reason, moment.now);
    case 'grace_over':
      return recordGraceOver(record);
    case 'spared':
      return recordUncondemned(record, moment.now);
    case 'unhealthy':
      return recordUnhealthy(record, desired, change.reason);
    case 'fetched':
      return recordFetched(record, change.images);
    case 'fetch_failed':
      return recordFetchFailed(record, desired, change.reason, moment);
    case 'run_kept':
      return recordRunKept(record, desired);
    case 'checks_passed':
      return recordChecksPassed(record, change.checks);
    case 'repaired':
      return recordRepaired(record);
    case 'realised':
      return recordRealised(record, desired);
    case 'backoff_reset':
      return recordBackoffReset(record);
    case 'lost_files':
      return { ...record, lostFiles: change.lostFiles };
    case 'monitor_silent':
      return recordSilence(record, moment.now);
    case 'silence_lasts':
      return recordSilence(record, record.silentSince, true);
    case 'monitor_answers':
      return recordSilence(record, null);
    default:
      return exhaustive(change);
  }
}
