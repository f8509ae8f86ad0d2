import { becauseWords } from '../core/instance/because-words.ts';
import { isCrashLoop } from '../core/instance/crash-loop.ts';
import type { Decision } from '../core/instance/decision.ts';
import type { LostFile } from '../core/instance/evidence.ts';
import type { EndCause } from '../core/instance/incarnation.ts';
import type { Uid } from '../core/kit/brand.ts';
import { exhaustive } from '../core/kit/exhaustive.ts';
import type { Clock } from '../ports/clock.ts';
import { type NodeEvent, reportEventsMax } from '../ports/control-link.ts';
import { eventsKept } from './agent-config.ts';

/** Events that wait for the next report, oldest first, bounded. */
export interface Events {
  add(uid: Uid | null, code: string, message: string): void;
  /** Takes what one report may hold, which asks for another where there are more; `putBack` when it did not get through. */
  take(): readonly NodeEvent[];
  putBack(events: readonly NodeEvent[]): void;
}

export function createEvents(clock: Clock, onWaiting: () => void): Events {
  let waiting: NodeEvent[] = [];
  const trim = () => {
    if (waiting.length > eventsKept) waiting = waiting.slice(-eventsKept);
  };
  return {
    add(uid, code, message) {
      waiting.push({ at: clock.now(), uid, code, message });
      trim();
      onWaiting();
    },
    take() {
      const taken = waiting.slice(0, reportEventsMax);
      waiting = waiting.slice(reportEventsMax);
      if (waiting.length > 0) onWaiting();
      return taken;
    },
    putBack(events) {
      waiting = [...events, ...waiting];
      trim();
    },
  };
}

/** What a user is told of a decision as it is carried out; null for the ordinary. `assigned`: it is the user's own order. */
export function eventOf(
  name: string,
  decision: Decision,
  assigned: boolean,
): { readonly code: string; readonly message: string } | null {
  const { action, because } = decision;
  const say = (code: string, message: string) => ({ code, message: `VM "${name}": ${message}` });
  switch (action.kind) {
    case 'start':
      return say('starting', `a new incarnation starts (${becauseWords[because]})`);
    case 'adopt':
      return say('adopted', 'a process whose start was not yet recorded was adopted');
    case 'stop':
      return say('stopping', `asked to stop, ${action.mode} (${becauseWords[because]})`);
    case 'kill':
      return null;
    case 'kill_stray':
      return say('stray_killed', 'a process that no record speaks of is ended');
    case 'pause':
    case 'resume':
      return because === 'out_of_band'
        ? say('drift_corrected', `${action.kind} (the guest was changed by hand)`)
        : null;
    case 'update':
      if (because === 'out_of_band') {
        return say('drift_corrected', `set back as declared: ${action.fields.join(', ')} (changed by hand)`);
      }
      return say('updating', `changed in place: ${action.fields.join(', ')} (${becauseWords[because]})`);
    case 'drop_disks':
      return say(
        'disk_removed',
        `removed with their content, as they are no longer declared: disks ${action.disks.join(', ')}`,
      );
    case 'remove':
      if (!assigned) return say('unassigned_destroyed', 'no assignment names it; removed by policy');
      return say('removing', `everything of it on this node is removed (${becauseWords[because]})`);
    case 'record':
      if (action.change.kind === 'guest_state' && because === 'io_error') return say('io_error', ioErrorText);
      return eventOfChange(action.change, say);
    // What comes of it is told: that the run begins, or that it failed.
    case 'fetch':
    case 'power_down':
    case 'none':
      return null;
    default:
      return exhaustive(action);
  }
}

const ioErrorText =
  'the disk of the node has no room for what the guest writes, which is paused until there is: make room on the node';

type Change = Extract<Decision['action'], { kind: 'record' }>['change'];

type Say = (code: string, message: string) => { readonly code: string; readonly message: string };

/** The checks told of their failure themselves, as soon as they knew: that of the guest which is ended for it is no second one. */
function eventOfEnd(end: Extract<Change, { kind: 'ended' }>['end'], say: Say) {
  if (end.kind === 'destroyed') return say('ended', `the incarnation ended (${endWords(end.cause)})`);
  const { code, message } = end.reason;
  return code === 'health_check_failed' || code === 'boot_timeout'
    ? say('ended', `the incarnation ended, which had been asked to stop (${code})`)
    : say(code, message);
}

function endWords(cause: EndCause): string {
  if (cause.kind !== 'stopped') return cause.kind;
  return cause.graceOver ? 'killed after its grace time' : cause.forced ? 'killed' : 'shut down';
}

function eventOfChange(change: Change, say: Say) {
  switch (change.kind) {
    case 'ended':
      return eventOfEnd(change.end, say);
    case 'guest_stopped':
      return say(change.how === 'panic' ? 'guest_panicked' : 'guest_power_off', 'the guest ended itself');
    case 'guest_state':
      return say('guest_state', `the guest is ${change.state}`);
    // A whole sentence that names the VM, as its task tells it.
    case 'stop_failed':
      return { code: change.reason.code, message: change.reason.message };
    case 'grace_over':
      return say('killed', `the guest did not power off within ${change.graceSeconds} s; its process is killed`);
    case 'fetch_failed':
      return say(change.reason.code, change.reason.message);
    case 'run_kept':
      return say('change_taken_back', 'the guest that runs is what is wanted: it goes on, and nothing restarts');
    case 'repaired':
      return say('repaired', 'proven alive; the error is cleared');
    case 'lost_files':
      return eventOfLostFiles(change.lostFiles, say);
    case 'silence_lasts':
      return say('monitor_silent', 'the process lives, its monitor does not answer');
    case 'backoff_reset':
      return isCrashLoop({ attempt: change.attempts })
        ? say('recovered', `it stays up, after ${change.attempts} tries that failed`)
        : null;
    case 'monitor_answers':
      return change.wasTold ? say('monitor_answers', 'the monitor answers again') : null;
    // Told once it lasts, as the condition does.
    case 'monitor_silent':
    // Told by the checks themselves, as soon as they say so.
    case 'unhealthy':
    case 'checks_passed':
    case 'fetched':
    case 'unwound':
    // Told when the file was lost.
    case 'spared':
    case 'guest_state_met':
    case 'realised':
      return null;
    default:
      return exhaustive(change);
  }
}

const lostHow = { gone: 'was removed', replaced: 'was replaced by another', unknown: 'is not in its place' } as const;

function eventOfLostFiles(lost: readonly LostFile[], say: Say) {
  if (lost.length === 0) return say('disk_file_back', 'the files of its disks are in their places again');
  const which = lost.map(({ disk, how }) => `that of disk "${disk}" ${lostHow[how]}`).join(', ');
  return say(
    'disk_file_lost',
    `the file under the running guest is not the one on disk: ${which}; what the guest has and writes is lost when its ` +
      'process ends, so nothing but your own stop or delete ends it: copy it out from inside the guest first',
  );
}
