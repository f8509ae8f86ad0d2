/**
 * The scheduler loop: every VM that is on no node is placed, or `pending` with a code that says why (`place-vms.ts`); here is
 * when it looks at which of them. It takes no hints: an event only says what to look at again.
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import { sameJson } from '../core/kit/same-json.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import { claimOfProcess } from '../core/placement/claim.ts';
import type { StoreEvent } from '../ports/store.ts';
import { type PlacementDeps, placeVms } from './place-vms.ts';
import type { ReadModel } from './read-model.ts';
import { nodePrefix, observationPrefix, placementPrefix, rowOf, vmPrefix } from './rows.ts';
import type { VisibleChanges } from './visible-changes.ts';
import { startWakeLoop, type WakeLoop } from './wake-loop.ts';

/** What the next look has to judge: VMs that changed, or all of them when a node did. */
interface Dirty {
  all: boolean;
  readonly uids: Set<Uid>;
}

export function startScheduler(
  deps: PlacementDeps & { readonly changes: VisibleChanges },
): WakeLoop & { close(): void } {
  const { clock, model, changes } = deps;
  const dirty: Dirty = { all: true, uids: new Set() };
  let pendingDue: number | null = null;
  const loop = startWakeLoop(deps, 'the scheduler', async () => {
    const all = dirty.all || (pendingDue !== null && pendingDue <= clock.now());
    const uids = all ? [...model.index.unplaced()] : [...dirty.uids];
    dirty.all = false;
    dirty.uids.clear();
    const lost = new Set<Uid>();
    const dueAt = await placeVms(deps, uids, lost).catch((error: unknown) => {
      for (const uid of uids) dirty.uids.add(uid);
      throw error;
    });
    for (const uid of lost) dirty.uids.add(uid);
    if (lost.size > 0) loop.wake();
    pendingDue = all || pendingDue === null ? dueAt : Math.min(pendingDue, dueAt ?? pendingDue);
    return pendingDue;
  });
  const close = changes.watch(({ events }) => {
    let woken = false;
    for (const event of events) {
      const own = markDirty(event, dirty);
      woken = markDependents(event, model, dirty) || own || woken;
    }
    if (woken) loop.wake();
  });
  return { ...loop, close };
}

/**
 * A VM that is new or changed, or lost its place; a node whose health or labels may let something in; a VM that went or
 * asks for less, and may have held what another one waits for.
 */
function markDirty(event: StoreEvent, dirty: Dirty): boolean {
  const key = event.type === 'put' ? event.entry.key : event.key;
  if (key.startsWith(nodePrefix)) dirty.all = true;
  else if (key.startsWith(vmPrefix) && event.type === 'put') {
    dirty.uids.add(rowOf<VmRecord>(event.entry).value.uid);
    dirty.all ||= asksForLess(event);
  } else if (key.startsWith(placementPrefix) && event.type === 'delete') dirty.all = true;
  else if (key.startsWith(observationPrefix) && event.type === 'put' && givesBack(event)) dirty.all = true;
  else return false;
  return true;
}

/** A process that ended, or has less than before: what it held beyond its order is free. */
function givesBack({ entry, previous }: Extract<StoreEvent, { type: 'put' }>): boolean {
  if (previous === undefined) return false;
  const before = claimOfProcess(rowOf<StoredObservation>(previous).value.instance);
  if (before === null) return false;
  const after = claimOfProcess(rowOf<StoredObservation>(entry).value.instance);
  if (after === null) return true;
  return after.cpuCores < before.cpuCores || after.memoryMib < before.memoryMib || !sameJson(after.ports, before.ports);
}

function asksForLess({ entry, previous }: Extract<StoreEvent, { type: 'put' }>): boolean {
  if (previous === undefined) return false;
  const before = rowOf<VmRecord>(previous).value.spec;
  const { cpuCores, memoryMib, nics } = rowOf<VmRecord>(entry).value.spec;
  return cpuCores < before.cpuCores || memoryMib < before.memoryMib || nics !== before.nics;
}

/** A VM whose reading may have changed: those that wait for it are looked at again. */
function markDependents(event: StoreEvent, { index }: ReadModel, dirty: Dirty): boolean {
  const key = event.type === 'put' ? event.entry.key : event.key;
  const prefix = [observationPrefix, placementPrefix, vmPrefix].find((known) => key.startsWith(known));
  if (prefix === undefined) return false;
  const word = key.slice(prefix.length);
  const waiting = index.dependentsOf(prefix === vmPrefix ? word : (index.nameOf(word) ?? ''));
  for (const uid of waiting.size === 0 ? [] : index.unplaced()) {
    if (waiting.has(index.nameOf(uid) ?? '')) dirty.uids.add(uid);
  }
  return waiting.size > 0;
}
