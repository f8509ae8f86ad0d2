/**
 * What requests read: views of VMs joined from their rows, readings of them cached for as long as they are true, and
 * indexes kept from the store's own watch. Rows are looked up at each read, so a read is never older than the store's
 * committed view; only the indexes follow a moment later.
 */

import type { LiveMetrics } from '../core/convergence/render-status.ts';
import type { ViewedNode, VmView } from '../core/convergence/vm-view.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import type { Placement } from '../core/placement/placement.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store, StoreEntry } from '../ports/store.ts';
import { type CachedVm, createVmReader, type ReadVmParts } from './cached-vm.ts';
import { type GoneRow, goneKey, type NodeRow, nodeKey, observationKey, placementKey, rowOf, vmKey } from './rows.ts';
import { createVmIndex, type VmIndex } from './vm-index.ts';

export interface ReadModel {
  readonly index: VmIndex;
  get(name: string): CachedVm | undefined;
  /** By uid, also while it is readable as gone. */
  getByUid(uid: string): CachedVm | undefined;
  metricsOf(uid: Uid): LiveMetrics | null;
  setMetrics(uid: Uid, metrics: LiveMetrics): void;
  /** Newest significant or insignificant observation time and counters change no revision (spec §4 watch). */
  close(): void;
}

/** The rows of one VM, as they are or as they were. */
interface VmRows {
  readonly row: StoreEntry;
  readonly placement: StoreEntry | undefined;
  readonly observation: StoreEntry | undefined;
  readonly node: StoreEntry | undefined;
}

/** A cached VM with the rows it was joined from: it is fresh while they are those of the store. */
interface Joined extends VmRows {
  readonly vm: CachedVm;
  /** Newer metrics came since it was joined. */
  outdated: boolean;
  /** Revision at which the rows were last seen to be those of the store: until another commit they are. */
  seenAt: number;
}

export function createReadModel({ store, clock }: { readonly store: Store; readonly clock: Clock }): ReadModel {
  const cache = new Map<string, Joined>();
  const metrics = new Map<Uid, LiveMetrics>();
  const read = createVmReader();
  const index = createVmIndex(store, (record) => {
    cache.delete(record.name);
    metrics.delete(record.uid);
  });

  const metricsOf = (uid: Uid): LiveMetrics | null => metrics.get(uid) ?? null;
  const isFresh = (joined: Joined): boolean => {
    const { changesAt } = joined.vm;
    if (joined.outdated || (changesAt !== null && clock.now() >= changesAt)) return false;
    return hasItsRows(store, joined);
  };

  const get = (name: string): CachedVm | undefined => {
    const cached = cache.get(name);
    if (cached !== undefined && isFresh(cached)) return cached.vm;
    const row = store.get(vmKey(name));
    if (row === undefined) return undefined;
    const { uid } = rowOf<VmRecord>(row).value;
    const made = joinVm({ store, read, live: metricsOf(uid) }, row, clock.now());
    cache.set(name, made);
    return made.vm;
  };

  const getGone = (uid: string): CachedVm | undefined => {
    const entry = store.get(goneKey(uid));
    if (entry === undefined) return undefined;
    const { record, removedAt } = rowOf<GoneRow>(entry).value;
    const view: VmView = { record, removedAt, placement: null, observation: null, node: null };
    return read({ view, revision: entry.modRevision, readAt: clock.now(), live: null });
  };

  return {
    index,
    get,
    getByUid(uid) {
      const name = index.nameOf(uid);
      const live = name === undefined ? undefined : get(name);
      return live !== undefined && live.record.uid === uid ? live : getGone(uid);
    },
    metricsOf,
    setMetrics(uid, value) {
      const name = index.nameOf(uid);
      if (name === undefined) return;
      metrics.set(uid, value);
      const joined = cache.get(name);
      if (joined !== undefined) joined.outdated = true;
    },
    close: () => index.close(),
  };
}

function hasItsRows(store: Store, joined: Joined): boolean {
  const revision = store.revision();
  if (joined.seenAt === revision) return true;
  const { row, placement, observation, node } = joined;
  const { uid } = joined.vm.record;
  const onNode = joined.vm.view.node?.name ?? null;
  const same =
    row === store.get(row.key) &&
    placement === store.get(placement?.key ?? placementKey(uid)) &&
    observation === store.get(observation?.key ?? observationKey(uid)) &&
    (onNode === null || node === store.get(node?.key ?? nodeKey(onNode)));
  if (same) joined.seenAt = revision;
  return same;
}

interface Joining {
  readonly store: Store;
  readonly read: (parts: ReadVmParts) => CachedVm;
  readonly live: LiveMetrics | null;
}

/** Joins the rows of one VM. */
function joinVm({ store, read, live }: Joining, row: StoreEntry, readAt: number): Joined {
  const rows = rowsOf(row, (key) => store.get(key));
  const vm = read({ view: viewOf(rows), revision: row.modRevision, readAt, live });
  return { ...rows, vm, outdated: false, seenAt: store.revision() };
}

export function rowsOf(row: StoreEntry, get: (key: string) => StoreEntry | undefined): VmRows {
  const { uid } = rowOf<VmRecord>(row).value;
  const placement = get(placementKey(uid));
  const placed = placement === undefined ? null : rowOf<Placement>(placement).value;
  const node = placed?.kind === 'placed' ? get(nodeKey(placed.node)) : undefined;
  return { row, placement, observation: get(observationKey(uid)), node };
}

export function viewOf({ row, placement, observation, node }: VmRows): VmView {
  const placed = placement === undefined ? null : rowOf<Placement>(placement).value;
  return {
    record: rowOf<VmRecord>(row).value,
    removedAt: null,
    placement: placed,
    observation: observation === undefined ? null : rowOf<StoredObservation>(observation).value,
    node: viewedNode(placed, node),
  };
}

function viewedNode(placement: Placement | null, entry: StoreEntry | undefined): ViewedNode | null {
  if (placement?.kind !== 'placed') return null;
  const { since } = placement;
  if (entry === undefined) return { name: placement.node, health: 'lost', healthSince: since, awaySince: since };
  const { name, health, healthSince, awaySince } = rowOf<NodeRow>(entry).value;
  return { name, health, healthSince, awaySince: health === 'ready' ? null : (awaySince ?? healthSince) };
}
