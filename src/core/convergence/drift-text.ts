/** Drift as sentences. */
import { becauseWords } from '../instance/because-words.ts';
import type { Json } from '../kit/json.ts';
import type { Drift, DriftCause } from './drift.ts';
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

const causeWords: Readonly<Record<DriftCause, string>> = {
  change_propagating: 'a change on its way',
  awaiting_restart: 'it needs a restart',
  out_of_band: 'nobody asked Holdfast for it',
  failed: 'it failed',
  held: 'held up',
};

const driftWords: Readonly<Record<Drift['because'], string>> = {
  ...becauseWords,
  restart_needed: 'it needs a restart',
  awaiting_restart: causeWords.awaiting_restart,
  not_seen_yet: 'its node has not seen it yet',
};

/** A code of a newer version is shown as it is. */
const wordsFor = (words: Readonly<Record<string, string>>, code: string): string =>
  words[code] ?? code.replaceAll('_', ' ');

export const driftCause = (cause: string): string => wordsFor(causeWords, cause);

/** Why it differs and why that is done about it: `a change on its way: it needs a restart`. */
export function driftReason({ cause, because }: { readonly cause: string; readonly because: string }): string {
  const [what, why] = [driftCause(cause), wordsFor(driftWords, because)];
  return what === why ? what : `${what}: ${why}`;
}

/** What a user can do about a difference that nothing else ends; null where it ends by itself or the reason says it. */
export function driftNextStep(name: string, { field, observed, because }: Drift): string | null {
  if (because === 'awaiting_restart') return `'holdfast vm reboot ${name}' applies it now`;
  if (because !== 'drift_detect_only') return null;
  const correct = `'holdfast vm set ${name} drift_policy=correct' has Holdfast correct what nobody ordered`;
  if (field !== 'desired_paused') return correct;
  const byHand = observed === true ? `resume ${name}' lets the guest go on` : `pause ${name}' pauses it again`;
  return `'holdfast vm ${byHand}, or ${correct}`;
}
