/** Drift as sentences. */
import type { Json } from '../kit/json.ts';
import type { Drift } from './drift.ts';
import { valueWords } from './value-words.ts';

const actionWords: Readonly<Record<Drift['action'], string>> = {
  none: '',
  start: ': starting',
  stop: ': restarting',
  pause: ': pausing',
  resume: ': resuming',
  update: ': changing in place',
  replace: ': replacing',
  remove: ': removing',
};

/** One difference as a sentence: `memory_mib is 512, wanted 1024: restarting`. */
export function driftText(drift: Drift): string {
  if (drift.field === 'disk_files') return lostFilesText(drift);
  const stopping = drift.action === 'stop' && drift.because !== 'restart_needed' && drift.because !== 'run_superseded';
  const doing =
    drift.cause === 'awaiting_restart'
      ? ': applied at the next start'
      : drift.because === 'image_download'
        ? ': fetching what it needs first'
        : drift.because === 'disk_file_lost'
          ? ': waits for the lost file of a disk'
          : drift.because === 'io_error'
            ? ': its node has no room on its disk for what it writes; it is let go again now and then, so make room there'
            : drift.because === 'drift_detect_only'
              ? ': only reported'
              : stopping
                ? ': stopping'
                : actionWords[drift.action];
  return `${drift.field} is ${valueWords(drift.observed)}, wanted ${valueWords(drift.desired)}${doing}`;
}

function lostFilesText({ observed }: Drift): string {
  const which = Object.entries(observed as Readonly<Record<string, Json>>)
    .map(([disk, how]) => `disk "${disk}" (${how})`)
    .join(', ');
  return (
    `The running guest writes to a file that is not in its place any more: ${which}. What it holds is lost when its process ` +
    "ends, so only your own 'stop' or 'delete' ends it: copy the data out from inside the guest first"
  );
}
