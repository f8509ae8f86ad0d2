/**
 * What each node must run, always the whole set at one revision (architecture rule 5). Kept from the store's
 * watch; an agent hangs until its set is newer than what it holds. Deleted VMs stay in it until their node has
 * reported removal (spec §3).
 */
import type { DesiredVm } from '../core/instance/desired.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import { sameJson } from '../core/kit/same-json.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import { type Assignment, type AssignmentRevision, isNewer } from '../core/node/assignment.ts';
import { nodeOf, type Placement } from '../core/placement/placement.ts';
import type { Store, StoreEvent } from '../ports/store.ts';
import {
  type GoneRow,
  goneKey,
  gonePrefix,
  observationKey,
  observationPrefix,
  placementKey,
  placementPrefix,
  readRow,
  rowOf,
  type VmUidRow,
  vmKey,
  vmPrefix,
  vmUidKey,
} from './rows.ts';
import type { VisibleChanges } from './visible-changes.ts';

interface NodeSet {
  readonly instances: Map<Uid, DesiredVm>;
  revision: number;
  readonly waiters: Set<() => void>;
}

export interface AssignmentPublisher {
  current(node: string): AssignmentRevision;
  /** Hangs until there is a newer set; rejects with the signal's reason. */
  next(node: string, lastSeen: AssignmentRevision | null, signal: AbortSignal): Promise<Assignment>;
  close(): void;
}

export function startAssignmentPublisher(
  { store, changes }: { readonly store: Store; readonly changes: VisibleChanges },
  clusterId: string,
): AssignmentPublisher {
  const sets = new Map<string, NodeSet>();
  const placedOn = new Map<Uid, string>();
  const startRevision = store.revision();

  const setOf = (node: string): NodeSet => {
    const known = sets.get(node);
    if (known !== undefined) return known;
    const made: NodeSet = { instances: new Map(), revision: startRevision, waiters: new Set() };
    sets.set(node, made);
    return made;
  };

  const changed = (set: NodeSet, revision: number): void => {
    set.revision = Math.max(set.revision, revision);
    for (const wake of set.waiters) wake();
  };

  const refresh = (uid: Uid, revision: number): void => {
    const placement = readRow<Placement>(store, placementKey(uid))?.value;
    const node = nodeOf(placement);
    const before = placedOn.get(uid);
    if (before !== undefined && before !== node) {
      placedOn.delete(uid);
      const old = setOf(before);
      if (old.instances.delete(uid)) changed(old, revision);
    }
    if (placement?.kind !== 'placed' || node === null) return;
    const set = setOf(node);
    const known = set.instances.get(uid);
    const desired = desiredOf(store, uid, placement.number, known);
    if (desired === known) return;
    if (desired === undefined) {
      set.instances.delete(uid);
      placedOn.delete(uid);
    } else {
      set.instances.set(uid, desired);
      placedOn.set(uid, node);
    }
    changed(set, revision);
  };

  for (const entry of store.list(placementPrefix)) refresh(rowOf<Placement>(entry).value.uid, startRevision);
  const close = changes.watch(({ revision, events }) => {
    for (const event of events) {
      const uid = uidOf(event);
      if (uid !== null) refresh(uid, revision);
    }
  });

  const current = (node: string): AssignmentRevision => ({ epoch: store.epoch, revision: setOf(node).revision });
  return {
    current,
    async next(node, lastSeen, signal) {
      const set = setOf(node);
      while (!isNewer(current(node), lastSeen)) await waitForChange(set, signal);
      signal.throwIfAborted();
      return { clusterId, at: current(node), instances: [...set.instances.values()] };
    },
    close,
  };
}

function waitForChange(set: NodeSet, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const done = () => {
      set.waiters.delete(wake);
      signal.removeEventListener('abort', onAbort);
    };
    const wake = () => {
      done();
      resolve();
    };
    const onAbort = () => {
      done();
      reject(signal.reason);
    };
    set.waiters.add(wake);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** The uid a change is about, when it can change an assignment. */
function uidOf(event: StoreEvent): Uid | null {
  const key = event.type === 'put' ? event.entry.key : event.key;
  const entry = event.type === 'put' ? event.entry : event.previous;
  if (key.startsWith(vmPrefix)) return rowOf<VmRecord>(entry).value.uid;
  for (const prefix of [placementPrefix, observationPrefix, gonePrefix]) {
    if (key.startsWith(prefix)) return key.slice(prefix.length) as Uid;
  }
  return null;
}

/**
 * The entry of a placed VM; `known` itself when it says the same. `undefined` = nothing is to be said of it any more.
 */
function desiredOf(store: Store, uid: Uid, placement: number, known: DesiredVm | undefined): DesiredVm | undefined {
  const record = recordOf(store, uid);
  if (record === undefined) return undefined;
  const observed = readRow<StoredObservation>(store, observationKey(uid))?.value.instance;
  const pinned =
    observed?.placement === placement || known === undefined ? pinnedImages(record, observed) : known.pinnedImages;
  const desired: DesiredVm = {
    uid,
    name: record.name,
    generation: record.generation,
    placement,
    desiredPhase: record.desiredPhase,
    desiredPaused: record.desiredPaused,
    run: record.run,
    changeRuns: record.changeRuns ?? 0,
    stopMode: record.stopMode,
    spec: record.spec,
    specHash: record.specHash,
    pinnedImages: pinned,
  };
  return known !== undefined && saysTheSame(known, desired) ? known : desired;
}

/** Every change of desired state grows the generation, so the spec itself need not be compared. */
function saysTheSame(a: DesiredVm, b: DesiredVm): boolean {
  return (
    a.generation === b.generation &&
    a.placement === b.placement &&
    a.desiredPhase === b.desiredPhase &&
    a.specHash === b.specHash &&
    sameJson(a.pinnedImages, b.pinnedImages)
  );
}

function recordOf(store: Store, uid: Uid): VmRecord | undefined {
  const name = readRow<VmUidRow>(store, vmUidKey(uid))?.value.name;
  const live = name === undefined ? undefined : readRow<VmRecord>(store, vmKey(name))?.value;
  if (live !== undefined && live.uid === uid) return live;
  const gone = readRow<GoneRow>(store, goneKey(uid))?.value;
  return gone?.forgotten === true ? gone.record : undefined;
}

/** Digests fixed by the first realisation, for the URLs the VM still names (spec §10). */
function pinnedImages(
  { spec }: VmRecord,
  observed: StoredObservation['instance'] | undefined,
): Readonly<Record<string, string>> {
  const pinned: Record<string, string> = {};
  for (const url of [spec.imageUrl, spec.kernel, spec.initrd]) {
    const image = url === null ? undefined : observed?.images[url];
    if (url !== null && image !== undefined) pinned[url] = image.sha256;
  }
  return pinned;
}
