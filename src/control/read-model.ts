/**
 * What requests read: views of VMs joined from their rows, readings of them cached for as long as they are true, and
 * indexes kept from the store's own watch. The rows of cached VMs are kept by it too; until it has told of the newest commit
 * they are looked up, so a read is never older than the store's committed view. Only the indexes follow a moment later.
 */

import type { LiveMetrics } from '../core/convergence/render-status.ts';
import type { VmView } from '../core/convergence/vm-view.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store, StoreEvent } from '../ports/store.ts';
import { type CachedVm, createVmReader } from './cached-vm.ts';
import { type GoneRow, goneKey, nodePrefix, observationPrefix, placementPrefix, rowOf, vmPrefix } from './rows.ts';
import { createVmIndex, type VmIndex } from './vm-index.ts';
import { hasSameRows, lookUpRows, nodeOf, type VmRows, viewOf } from './vm-rows.ts';

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

/** A VM that was asked for, kept with its rows. */
interface Joined {
  rows: VmRows;
  /** Null = the rows changed, or newer metrics came, since it was read. */
  vm: CachedVm | null;
}

export function createReadModel({ store, clock }: { readonly store: Store; readonly clock: Clock }): ReadModel {
  const cache = new Map<string, Joined>();
  const metrics = new Map<Uid, LiveMetrics>();
  const read = createVmReader();
  const index = createVmIndex(store, ({ uid }) => metrics.delete(uid));
  const followed = followRows(store, index, cache);

  const metricsOf = (uid: Uid): LiveMetrics | null => metrics.get(uid) ?? null;

  /** With the rows that the store has now. */
  const joinedOf = (name: string): Joined | undefined => {
    const known = cache.get(name);
    if (known !== undefined && followed.isUpToDate()) return known;
    const rows = lookUpRows(store, name);
    if (rows === undefined) return undefined;
    if (known !== undefined && hasSameRows(known.rows, rows)) return known;
    const joined = { rows, vm: null };
    cache.set(name, joined);
    return joined;
  };

  const get = (name: string): CachedVm | undefined => {
    const joined = joinedOf(name);
    if (joined === undefined) return undefined;
    const { vm, rows } = joined;
    if (vm !== null && (vm.changesAt === null || clock.now() < vm.changesAt)) return vm;
    const view = viewOf(rows);
    const live = metricsOf(view.record.uid);
    joined.vm = read({ view, revision: rows.row.modRevision, readAt: clock.now(), live });
    return joined.vm;
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
      if (joined !== undefined) joined.vm = null;
    },
    close() {
      followed.close();
      index.close();
    },
  };
}

/** Keeps the rows of what is cached those of the store, so that a read need not look them up: they are a moment late at most. */
function followRows(store: Store, index: VmIndex, cache: Map<string, Joined>) {
  let revision = store.revision();
  const change = (name: string | undefined, changed: Partial<VmRows>): void => {
    const joined = name === undefined ? undefined : cache.get(name);
    if (joined === undefined) return;
    joined.rows = { ...joined.rows, ...changed };
    joined.vm = null;
  };
  const follow = (event: StoreEvent): void => {
    const entry = event.type === 'put' ? event.entry : undefined;
    const key = event.type === 'put' ? event.entry.key : event.key;
    if (key.startsWith(vmPrefix)) {
      // The rows beside that of a VM which came or went are another's.
      if (entry === undefined || event.previous === undefined) cache.delete(key.slice(vmPrefix.length));
      else change(rowOf<VmRecord>(entry).value.name, { row: entry });
    } else if (key.startsWith(placementPrefix)) {
      const node = nodeOf(entry, (wanted) => store.get(wanted));
      change(index.nameOf(key.slice(placementPrefix.length)), { placement: entry, node });
    } else if (key.startsWith(observationPrefix)) {
      change(index.nameOf(key.slice(observationPrefix.length)), { observation: entry });
    } else if (key.startsWith(nodePrefix)) {
      for (const uid of index.onNode(key.slice(nodePrefix.length))) change(index.nameOf(uid), { node: entry });
    }
  };
  const watch = store.watch('', revision, (batch) => {
    batch.events.forEach(follow);
    revision = batch.revision;
  });
  return {
    isUpToDate: () => revision === store.revision(),
    close() {
      if (watch.kind === 'watching') watch.close();
    },
  };
}
