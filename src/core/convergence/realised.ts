/**
 * The condition `realised`: what the generation is made of is on the node. A process that ran from it once proves nothing
 * about now: a newer order may need more, and files may have been taken away.
 */

import { liveIncarnation, standingFailureOf } from '../instance/phase.ts';
import type { Unready } from '../instance/unready.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import { isAboutFiles, isRealised, lostFilesOf, type StoredObservation, unreadyIn } from '../node/apply-report.ts';
import type { ObservedInstance } from '../node/observation.ts';
import { type Judged, say } from './condition.ts';
import { nextRunOf } from './next-run.ts';
import { differingFields } from './process-fields.ts';
import type { VmView } from './vm-view.ts';

export function realised(view: VmView, row: StoredObservation | null): Judged {
  if (row === null) return say('unknown', 'not_reported', 'No node has reported it yet', view.record.createdAt);
  const { instance, marks } = row;
  const next = nextRunOf(view);
  if (next !== null && next.error !== null) {
    return say('false', next.error.reason.code, next.error.reason.message, next.error.reason.at);
  }
  if (next !== null && next.waiting !== null) {
    return say('false', next.waiting.for, next.waiting.message, next.waiting.since);
  }
  if (needsMore(view, instance)) {
    const { run, generationAt } = view.record;
    return say(
      'false',
      'not_realised',
      `What run ${run} is made of has not been fetched and checked yet`,
      generationAt,
    );
  }
  if (isRealised(instance)) {
    const ready = view.record.spec.imageUrl === null ? 'Kernel and disks are ready' : 'Image and disks are ready';
    return say('true', 'image_ready', ready, marks.realised);
  }
  return notRealised(view, row);
}

function notRealised(view: VmView, { instance, marks }: StoredObservation): Judged {
  const [lost] = lostFilesOf(instance);
  if (lost !== undefined && liveIncarnation(instance) !== null) {
    return say('false', 'disk_file_lost', `The file of disk "${lost.disk}" is not in its place`, marks.realised);
  }
  const [unready] = instance.everRan ? unreadyIn(instance) : [];
  const failure = standingFailureOf(view, instance);
  if (failure !== null && (unready === undefined || isAboutFiles(failure.reason.code))) {
    return say('false', failure.reason.code, failure.reason.message, failure.reason.at);
  }
  const { waiting } = instance;
  if (waiting !== null) return say('false', waiting.for, waiting.message, waiting.since);
  if (unready !== undefined) return say('false', ...unreadyWords(unready), marks.realised);
  return say('false', 'not_realised', 'Nothing has been made on the node yet', marks.realised);
}

/** Whether a run is ordered that does not live yet and is made of other things than what lives. */
function needsMore({ record }: VmView, instance: ObservedInstance): boolean {
  const live = liveIncarnation(instance);
  if (record.desiredPhase !== 'running' || live === null || live.run >= record.run) return false;
  // Nothing is asked to end for a newer run before that one has all that it needs (ADR 14).
  if (live.stopping?.because === 'run_superseded') return false;
  return differingFields(record.spec, instance).some(({ field }) => madeOf.has(field));
}

const madeOf: ReadonlySet<string> = new Set([
  ...['image_url', 'image_sha256', 'image_format', 'kernel', 'kernel_sha256', 'initrd', 'initrd_sha256'],
  ...['architecture', 'firmware_id', 'disks'],
]);

/** Code and sentence. */
function unreadyWords({ what, name }: Unready): readonly [string, string] {
  switch (what) {
    case 'disk_gone':
      return ['volume_unavailable', `The file of disk "${name}" is gone: a start refuses until it is back`];
    case 'disk_not_made':
      return ['not_realised', `The next start makes disk "${name}"`];
    case 'disk_kept':
      return [
        'volume_unavailable',
        `Disk "${name}" is of another image than the order names: a start refuses to make it anew`,
      ];
    case 'image':
      return ['not_realised', `The next start fetches ${name}`];
    case 'unknown':
      return ['not_realised', `The node does not have all that the next start needs: ${name}`];
    default:
      return exhaustive(what);
  }
}
