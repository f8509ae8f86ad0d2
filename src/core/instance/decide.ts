/**
 * decide: desired × record × situation × now → one action and its reason. Pure and total; the reconciler performs the
 * action and asks again until the answer needs no effect, so a second pass over an unchanged world performs nothing (S8).
 *
 * Order of questions: what was found out but not yet journaled → what the user wants gone or off → what is wanted running.
 * A user's stop outranks self-healing (F5); the end of a process is the restart policy's business, every other deviation
 * the drift policy's.
 */

import type { TimeMs } from '../kit/brand.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import { sameJson } from '../kit/same-json.ts';
import type { LiveSituation, Situation } from './classify.ts';
import { decideRunning } from './decide-running.ts';
import { silentConditionAfterMs } from './decide-silent.ts';
import { decideStart } from './decide-start.ts';
import { decideStop, decideStopping } from './decide-stop.ts';
import { act, type Decision, inconclusive, journal, nothing } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import type { StopBecause } from './incarnation.ts';
import type { InstanceRecord } from './record.ts';

/** What `decide` looks at. `desired: null` = no assignment names the instance: it is left as it is (absence never destroys). */
export interface DecideInput {
  readonly desired: DesiredVm | null;
  readonly record: InstanceRecord | null;
  readonly situation: Situation;
  readonly now: TimeMs;
}

export function decide(input: DecideInput): Decision {
  const { desired, record, situation, now } = input;
  if (desired === null) return nothing('unassigned');
  switch (situation.kind) {
    case 'unproven':
      return inconclusive(now);
    case 'stray':
      return act({ kind: 'kill_stray', process: situation.process }, 'stray_process');
    case 'never_spawned':
      return journal({ kind: 'unwound' }, 'never_spawned');
    case 'unrecorded':
      return act({ kind: 'adopt', process: situation.process }, 'spawn_unrecorded');
    case 'ended':
      return journal({ kind: 'ended', end: situation.end }, 'process_ended');
    case 'vacant':
      return decideVacant(desired, record, situation.leftovers, now);
    case 'live':
      return decideLive(desired, record, situation, now);
    default:
      return exhaustive(situation);
  }
}

function decideVacant(desired: DesiredVm, record: InstanceRecord | null, leftovers: boolean, now: TimeMs): Decision {
  switch (desired.desiredPhase) {
    case 'deleted':
      return leftovers ? act({ kind: 'remove' }, 'being_deleted') : nothing('nothing_left');
    case 'released':
      return leftovers ? act({ kind: 'remove' }, 'released') : nothing('nothing_left');
    case 'stopped': {
      if (record !== null && record.disksToDrop.length > 0) return dropDisks(record);
      const settled = record !== null && record.observedGeneration >= desired.generation;
      if (settled && record.failure === null && record.operationError === null) return nothing('converged');
      return journal({ kind: 'realised' }, 'generation_realised');
    }
    case 'running':
      if (record !== null && record.disksToDrop.length > 0) return dropDisks(record);
      return decideStart(desired, record, now);
    default:
      return exhaustive(desired.desiredPhase);
  }
}

/** Whoever took the disk out of the declaration has consented to the loss of what it holds. */
const dropDisks = ({ disksToDrop: disks }: InstanceRecord): Decision =>
  act({ kind: 'drop_disks', disks }, 'disk_removed');

/** What is to be journaled of the monitor's silence; null: nothing new. */
function decideSilence(record: InstanceRecord, { guest }: LiveSituation, now: TimeMs): Decision | null {
  const { silentSince, silenceTold } = record;
  if (guest !== 'silent') {
    if (silentSince === null) return null;
    return journal({ kind: 'monitor_answers', wasTold: silenceTold }, 'proof_of_life');
  }
  if (silentSince === null) return journal({ kind: 'monitor_silent' }, 'monitor_silent');
  if (silenceTold || now < silentSince + silentConditionAfterMs) return null;
  return journal({ kind: 'silence_lasts' }, 'monitor_silent');
}

/** Told once, and journaled: what protects the process must stand while its monitor is silent, and over an agent restart. */
function decideLostFiles({ lostFiles }: InstanceRecord, { facts }: LiveSituation): Decision | null {
  if (facts === null || sameJson(facts.lostFiles, lostFiles)) return null;
  return journal(
    { kind: 'lost_files', lostFiles: facts.lostFiles },
    facts.lostFiles.length > 0 ? 'disk_file_lost' : 'proof_of_life',
  );
}

/**
 * A file without a name ends with the process that has it open, and no start after that could find it: nothing but the
 * user's own stop or deletion ends such a process, no policy and no restart (spec S11, §9: no disk is lost silently).
 */
function keepingFiles({ lostFiles }: InstanceRecord, decision: Decision): Decision {
  const { kind } = decision.action;
  return lostFiles.length > 0 && (kind === 'stop' || kind === 'kill') ? nothing('disk_file_lost') : decision;
}

/** Whether a file was lost after a policy or a restart, and no user, had asked the process to end. */
const isSpared = ({ desiredPhase }: DesiredVm, { lostFiles }: InstanceRecord, because: StopBecause): boolean =>
  desiredPhase === 'running' &&
  lostFiles.length > 0 &&
  (because === 'run_superseded' || because === 'unresponsive' || because === 'unhealthy');

/** The guest ended itself, and that is journaled: the process that holds it is cleared away. */
function decideEnded(desired: DesiredVm, record: InstanceRecord, how: 'power_off' | 'panic'): Decision {
  const clear = act({ kind: 'kill' }, how === 'panic' ? 'guest_panicked' : 'guest_power_off');
  return desired.desiredPhase === 'running' ? keepingFiles(record, clear) : clear;
}

function decideLive(
  desired: DesiredVm,
  record: InstanceRecord | null,
  situation: LiveSituation,
  now: TimeMs,
): Decision {
  if (record === null) return inconclusive(now);
  const state = situation.incarnation.state;
  const found = decideSilence(record, situation, now) ?? decideLostFiles(record, situation);
  if (found !== null) return found;
  if (state.kind === 'stopping') {
    return isSpared(desired, record, state.because)
      ? journal({ kind: 'spared' }, 'disk_file_lost')
      : decideStopping(desired, situation, state, now);
  }
  if (state.kind === 'stopped') return decideEnded(desired, record, state.how);
  if (situation.guest === 'powered_off') return journal({ kind: 'guest_stopped', how: 'power_off' }, 'guest_power_off');
  switch (desired.desiredPhase) {
    case 'deleted':
    case 'released':
    case 'stopped':
      return decideStop(desired, record, situation, now);
    case 'running':
      return keepingFiles(record, decideRunning(desired, record, situation, now));
    default:
      return exhaustive(desired.desiredPhase);
  }
}
