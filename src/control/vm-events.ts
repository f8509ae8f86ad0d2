/** From changes of rows to changes of VMs: one event a VM, where a document shows something of it. */
import { readVm } from '../core/convergence/reading.ts';
import { isSameStatus } from '../core/convergence/same-status.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { TimeMs } from '../core/kit/brand.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import type { StoreEvent, WatchBatch } from '../ports/store.ts';
import type { CachedVm } from './cached-vm.ts';
import type { PastView } from './past-rows.ts';
import type { ReadModel } from './read-model.ts';
import { nodePrefix, observationPrefix, placementPrefix, rowOf, vmPrefix } from './rows.ts';

/** One change as every watcher of VMs hears it. `vm` is what GET answers at that moment. */
export type VmEvent = (
  | { readonly type: 'added' | 'modified'; readonly revision: number; readonly vm: CachedVm }
  | { readonly type: 'deleted'; readonly revision: number; readonly record: VmRecord }
) & {
  /** Where a watcher that has heard this goes on: one commit may change many VMs, and only the last of them ends its revision. */
  readonly resumeAt: number;
  /**
   * Only in what a watcher is told of the past: the VM as it was at its resume point, null = not there. There is at most
   * one such event a VM.
   */
  readonly before?: () => PastView | null;
};

/** Rows touched by some batches, by VM; later ones win. */
interface Touched {
  readonly revision: number;
  readonly removed: VmRecord | null;
  readonly added: boolean;
  /** What was observed before, where nothing else was touched; null = something else was. */
  readonly onlyObserved: StoredObservation | null;
}

/** An event, or perhaps none: see `isSilent`. */
export interface Change {
  readonly event: VmEvent;
  readonly onlyObserved: StoredObservation | null;
}

/** One change a VM, in the order of the revision that last touched it. */
export function changesOf(batches: readonly WatchBatch[], model: ReadModel): readonly Change[] {
  const touched = new Map<string, Touched>();
  for (const { revision, events } of batches) for (const event of events) touch(touched, event, revision, model);
  const sorted = [...touched].sort(([, a], [, b]) => a.revision - b.revision);
  return sorted.flatMap(([uid, { revision, removed, added, onlyObserved }], at): Change[] => {
    const resumeAt = sorted[at + 1]?.[1].revision === revision ? revision - 1 : revision;
    const vm = model.getByUid(uid);
    const isGone = vm === undefined || vm.phase === 'gone';
    if (!isGone) return [{ event: { type: added ? 'added' : 'modified', revision, resumeAt, vm }, onlyObserved }];
    if (removed === null || added) return [];
    return [{ event: { type: 'deleted', revision, resumeAt, record: removed }, onlyObserved: null }];
  });
}

/**
 * Whether no document shows anything of it. What time alone had changed before may not have been told yet: then it is told
 * now.
 */
export function isSilent({ event, onlyObserved }: Change, now: TimeMs): boolean {
  if (onlyObserved === null || event.type === 'deleted') return false;
  const { view, reading } = event.vm;
  const before = readVm({ ...view, observation: onlyObserved }, now);
  return !before.changedByTime && isSameStatus(before, reading);
}

function touch(touched: Map<string, Touched>, event: StoreEvent, revision: number, model: ReadModel): void {
  const key = event.type === 'put' ? event.entry.key : event.key;
  const note = (
    uid: string,
    removed: VmRecord | null,
    added: boolean,
    observed: StoredObservation | null = null,
  ): void => {
    const before = touched.get(uid);
    touched.set(uid, {
      revision,
      removed: removed ?? before?.removed ?? null,
      added: added || before?.added === true,
      onlyObserved: observed === null || before === undefined ? observed : before.onlyObserved,
    });
  };
  if (key.startsWith(vmPrefix)) {
    const entry = event.type === 'put' ? event.entry : event.previous;
    const record = rowOf<VmRecord>(entry).value;
    note(record.uid, event.type === 'delete' ? record : null, event.type === 'put' && event.previous === undefined);
  } else if (key.startsWith(placementPrefix)) note(key.slice(placementPrefix.length), null, false);
  else if (key.startsWith(observationPrefix)) {
    const { previous } = event;
    const before = previous === undefined ? null : rowOf<StoredObservation>(previous).value;
    note(key.slice(observationPrefix.length), null, false, before);
  } else if (key.startsWith(nodePrefix) && event.type === 'put' && healthChanged(event)) {
    for (const uid of model.index.onNode(key.slice(nodePrefix.length))) note(uid, null, false);
  }
}

function healthChanged(event: Extract<StoreEvent, { type: 'put' }>): boolean {
  const health = (entry: typeof event.entry | undefined) =>
    (entry?.value as { readonly health?: string } | undefined)?.health;
  return health(event.previous) !== health(event.entry);
}
