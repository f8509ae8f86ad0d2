/**
 * What requests read: views of VMs joined from their rows, readings of them cached for as long as they are true, and
 * indexes
 * kept from the store's own watch. Rows are looked up at each read, so a read is never older than the store's committed
 * view;
 * only the indexes follow a moment later.
 */

import { readVm, type VmReading } from '../core/convergence/reading.ts';
import { type LiveMetrics, renderStatus } from '../core/convergence/render-status.ts';
import type { ViewedNode, VmView } from '../core/convergence/vm-view.ts';
import type { Phase } from '../core/instance/phase.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { JsonObject } from '../core/kit/json.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import type { Placement } from '../core/placement/placement.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store, StoreEntry } from '../ports/store.ts';
import { hashText } from '../wire/hash-spec.ts';
import { renderVm, type UserDataView } from '../wire/manifest/render-vm.ts';
import { type GoneRow, goneKey, type NodeRow, nodeKey, observationKey, placementKey, rowOf, vmKey } from './rows.ts';
import { createVmIndex, type VmIndex } from './vm-index.ts';

/** One VM as it is now. Identical while nothing about it changed, so that its rendered bodies can be kept with it. */
export interface CachedVm {
  readonly record: VmRecord;
  readonly revision: number;
  readonly phase: Phase;
  readonly inSync: boolean;
  /** When time alone makes another reading; null = never. */
  readonly changesAt: number | null;
  /** The whole reading. It is made anew when it is asked for again: ten thousand kept ones are 40 MB. */
  readonly reading: VmReading;
  /** The document as JSON text. `secrets`: with user_data, for callers who may edit the VM. */
  body(secrets: boolean): string;
  document(secrets: boolean): JsonObject;
}

export interface ReadModel {
  readonly index: VmIndex;
  get(name: string): CachedVm | undefined;
  /** By uid, also while it is readable as gone. */
  getByUid(uid: string): CachedVm | undefined;
  /** The view without any cache; `undefined` = no such VM, not even gone. */
  viewByUid(uid: string): VmView | undefined;
  metricsOf(uid: Uid): LiveMetrics | null;
  setMetrics(uid: Uid, metrics: LiveMetrics): void;
  /** Newest significant or insignificant observation time and counters change no revision (spec §4 watch). */
  close(): void;
}

interface CacheEntry extends CachedVm {
  readonly vm: StoreEntry;
  readonly placementKey: string;
  readonly observationKey: string;
  readonly nodeKey: string | null;
  readonly placement: StoreEntry | undefined;
  readonly observation: StoreEntry | undefined;
  readonly node: StoreEntry | undefined;
  readonly metrics: LiveMetrics | null;
  readonly validUntil: number;
  /** Revision at which the rows were last seen to be those of the store: until another commit they are. */
  seenAt: number;
}

export function createReadModel({ store, clock }: { readonly store: Store; readonly clock: Clock }): ReadModel {
  const cache = new Map<string, CacheEntry>();
  const metrics = new Map<Uid, LiveMetrics>();
  const read = createReader();
  const index = createVmIndex(store, (record) => {
    cache.delete(record.name);
    metrics.delete(record.uid);
  });

  const metricsOf = (uid: Uid): LiveMetrics | null => metrics.get(uid) ?? null;
  const hasItsRows = (entry: CacheEntry): boolean => {
    const revision = store.revision();
    if (entry.seenAt === revision) return true;
    const same =
      entry.vm === store.get(vmKey(entry.record.name)) &&
      entry.placement === store.get(entry.placementKey) &&
      entry.observation === store.get(entry.observationKey) &&
      (entry.nodeKey === null || entry.node === store.get(entry.nodeKey));
    if (same) entry.seenAt = revision;
    return same;
  };
  const isFresh = (entry: CacheEntry): boolean =>
    hasItsRows(entry) && entry.metrics === metricsOf(entry.record.uid) && clock.now() < entry.validUntil;

  const get = (name: string): CachedVm | undefined => {
    const cached = cache.get(name);
    if (cached !== undefined && isFresh(cached)) return cached;
    const vm = store.get(vmKey(name));
    if (vm === undefined) return undefined;
    const made = joinVm({ store, read, metricsOf }, vm, clock.now());
    cache.set(name, made);
    return made;
  };

  const goneView = (uid: string): { readonly view: VmView; readonly revision: number } | undefined => {
    const entry = store.get(goneKey(uid));
    if (entry === undefined) return undefined;
    const { record, removedAt } = rowOf<GoneRow>(entry).value;
    return {
      view: { record, removedAt, placement: null, observation: null, node: null },
      revision: entry.modRevision,
    };
  };

  return {
    index,
    get,
    getByUid(uid) {
      const name = index.nameOf(uid);
      const live = name === undefined ? undefined : get(name);
      if (live !== undefined && live.record.uid === uid) return live;
      const gone = goneView(uid);
      return gone === undefined ? undefined : cachedVm(read, gone.view, clock.now(), gone.revision, null);
    },
    viewByUid(uid) {
      const name = index.nameOf(uid);
      const live = name === undefined ? undefined : get(name);
      return live !== undefined && live.record.uid === uid ? live.reading.view : goneView(uid)?.view;
    },
    metricsOf,
    setMetrics(uid, value) {
      if (index.nameOf(uid) !== undefined) metrics.set(uid, value);
    },
    close: () => index.close(),
  };
}

interface Joining {
  readonly store: Store;
  readonly read: Reader;
  readonly metricsOf: (uid: Uid) => LiveMetrics | null;
}

/** Joins the rows of one VM. */
function joinVm({ store, read, metricsOf }: Joining, vm: StoreEntry, now: number): CacheEntry {
  const record = rowOf<VmRecord>(vm).value;
  const placement = store.get(placementKey(record.uid));
  const observation = store.get(observationKey(record.uid));
  const placed = placement === undefined ? null : rowOf<Placement>(placement).value;
  const onNode = placed?.kind === 'placed' ? nodeKey(placed.node) : null;
  const node = onNode === null ? undefined : store.get(onNode);
  const view: VmView = {
    record,
    removedAt: null,
    placement: placed,
    observation: observation === undefined ? null : rowOf<StoredObservation>(observation).value,
    node: viewedNode(placed, node),
  };
  const live = metricsOf(record.uid);
  const cached = cachedVm(read, view, now, vm.modRevision, live);
  return Object.assign(cached, {
    vm,
    placementKey: placementKey(record.uid),
    observationKey: observationKey(record.uid),
    nodeKey: onNode,
    placement,
    observation,
    node,
    metrics: live,
    validUntil: cached.changesAt ?? Number.POSITIVE_INFINITY,
    seenAt: store.revision(),
  });
}

function viewedNode(placement: Placement | null, entry: StoreEntry | undefined): ViewedNode | null {
  if (placement?.kind !== 'placed') return null;
  if (entry === undefined) return { name: placement.node, health: 'lost', healthSince: placement.since };
  const { name, health, healthSince } = rowOf<NodeRow>(entry).value;
  return { name, health, healthSince };
}

const shownToEditors: UserDataView = { kind: 'shown' };

/** Reads views. Remembers the reading made last: whoever asks for one mostly asks again at once. */
type Reader = (view: VmView, now: number) => VmReading;

function createReader(): Reader {
  let latest: { readonly view: VmView; readonly now: number; readonly reading: VmReading } | null = null;
  return (view, now) => {
    if (latest?.view !== view || latest.now !== now) latest = { view, now, reading: readVm(view, now) };
    return latest.reading;
  };
}

/** Bodies are rendered when first asked for and kept as text; `now` is the time of the reading they show. */
function cachedVm(read: Reader, view: VmView, now: number, revision: number, live: LiveMetrics | null): CachedVm {
  const { record } = view;
  const secret = record.spec.cloudInit?.userData ?? null;
  const { phase, inSync, changesAt } = read(view, now);
  let open: string | undefined;
  let closed: string | undefined;
  const document = (secrets: boolean): JsonObject => {
    const shown: UserDataView =
      secrets || secret === null ? shownToEditors : { kind: 'hidden', sha256: hashText(secret) };
    return { ...renderVm(record, revision, shown), status: renderStatus(read(view, now), live) };
  };
  return {
    record,
    revision,
    phase,
    inSync,
    changesAt,
    get reading() {
      return read(view, now);
    },
    document,
    body(secrets) {
      if (secrets || secret === null) {
        open ??= JSON.stringify(document(true));
        return open;
      }
      closed ??= JSON.stringify(document(false));
      return closed;
    },
  };
}

/** The document of a view that is about to be: for answers that are stored together with their change. */
export function documentOfView(view: VmView, revision: number, now: number): (secrets: boolean) => JsonObject {
  return cachedVm(createReader(), view, now, revision, null).document;
}
