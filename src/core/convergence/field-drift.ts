/** Drift of the fields that reach the process or its disks: each with what becomes of it (spec S11). */

import type { Because } from '../instance/decision.ts';
import { inPlaceChanges } from '../instance/in-place.ts';
import { failureOfOrder, liveIncarnation } from '../instance/phase.ts';
import type { TimeMs } from '../kit/brand.ts';
import { lostFilesOf, seenSince } from '../node/apply-report.ts';
import type { ObservedInstance } from '../node/observation.ts';
import type { Drift } from './drift.ts';
import { type NextRun, nextRunOf } from './next-run.ts';
import { nextStartAt } from './next-start.ts';
import { differingFields, type FieldDifference } from './process-fields.ts';
import { currentObservation, type VmView } from './vm-view.ts';

/** Every field in which what provably runs differs from what is wanted. */
export function fieldDrifts(view: VmView, observed: ObservedInstance): readonly Drift[] {
  const fields = differingFields(view.record.spec, observed).map((difference) =>
    fieldDrift(view, observed, difference),
  );
  return [...lostFileDrift(view, observed), ...fields];
}

/**
 * Files taken from under the process. Nothing corrects it: the process alone has what they hold, and a start would find none
 * of it. A person is needed, and until then nothing but a stop of the user's own ends the process.
 */
function lostFileDrift(view: VmView, observed: ObservedInstance): readonly Drift[] {
  const { record } = view;
  const lost = lostFilesOf(observed);
  const live = liveIncarnation(observed);
  if (lost.length === 0 || live === null) return [];
  const held = live.run >= record.run ? [] : [heldRun(view, live.run)];
  return [
    {
      field: 'disk_files',
      desired: Object.fromEntries(lost.map(({ disk }) => [disk, 'in_place'])),
      observed: Object.fromEntries(lost.map(({ disk, how }) => [disk, how])),
      cause: 'out_of_band',
      since: Math.max(unorderedSince(view), record.createdAt),
      action: 'none',
      because: 'disk_file_lost',
    },
    ...held,
  ];
}

/** A restart was asked for, which would end that process. */
const heldRun = ({ record }: VmView, observed: number): Drift => ({
  ...{ field: 'run', desired: record.run, observed },
  ...{ cause: 'held', since: record.generationAt, action: 'none', because: 'disk_file_lost' },
});

function fieldDrift(view: VmView, observed: ObservedInstance, difference: FieldDifference): Drift {
  const { record } = view;
  const incarnation = observed.incarnation;
  const ordered = observed.observedGeneration < record.generation;
  const since = record.generationAt;
  const isOlder = incarnation !== null && incarnation.run < record.run;
  if (isOlder && lostFilesOf(observed).length > 0) {
    return { ...difference, cause: 'held', since, action: 'none', because: 'disk_file_lost' };
  }
  const next = nextRunOf(view);
  if (next !== null) return { ...difference, ...heldUp(view, next) };
  if (isOlder) {
    return { ...difference, cause: 'change_propagating', since, action: 'stop', because: 'restart_needed' };
  }
  // Nothing lives whose restart could be awaited: the next start, which comes by itself, brings the change.
  if (liveIncarnation(observed) === null && ordered && startsByItself(view, observed)) {
    return { ...difference, cause: 'change_propagating', since, action: 'start', because: 'missing' };
  }
  if (isInPlace(record.spec, observed, difference.field)) {
    const detect = !ordered && record.spec.driftPolicy === 'detect';
    return {
      ...difference,
      cause: observed.operationError !== null ? 'failed' : ordered ? 'change_propagating' : 'out_of_band',
      since: ordered ? since : unorderedSince(view),
      action: detect ? 'none' : 'update',
      because: detect ? 'drift_detect_only' : ordered ? 'change_in_place' : 'out_of_band',
    };
  }
  return { ...difference, cause: 'awaiting_restart', since, action: 'none', because: 'awaiting_restart' };
}

function unorderedSince(view: VmView): TimeMs {
  const row = currentObservation(view);
  return row === null ? view.record.generationAt : seenSince(row);
}

const startsByItself = (view: VmView, observed: ObservedInstance): boolean =>
  failureOfOrder(view, observed) === null || nextStartAt(view, observed) !== null;

function isInPlace(spec: VmView['record']['spec'], observed: ObservedInstance, field: string): boolean {
  if (observed.facts === null) return false;
  const inPlace = inPlaceChanges(spec, observed.facts, observed.hostPorts);
  return inPlace.includes(field) || (field === 'nics' && inPlace.includes('nics.forwards'));
}

/** The older run goes on, because what the newer one is made of is not there yet. */
export function heldUp({ record }: VmView, { error }: NextRun): Omit<Drift, 'field' | 'desired' | 'observed'> {
  if (error === null) {
    return { cause: 'change_propagating', since: record.generationAt, action: 'none', because: 'image_download' };
  }
  const because: Because = error.retryAt === null ? 'awaiting_change' : 'retry_later';
  return { cause: 'failed', since: error.reason.at, action: 'none', because };
}
