/**
 * Changes of VMs for watchers (spec §4 watch): one event per VM and turn, however many rows changed, in the order of
 * revisions. What time alone changes is an event too; metrics and times of observation are none.
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { Store, StoreEvent, WatchBatch } from '../ports/store.ts';
import type { CachedVm } from './cached-vm.ts';
import type { ControlDeps } from './control-config.ts';
import { PastRows, type PastView } from './past-rows.ts';
import type { ReadModel } from './read-model.ts';
import { nodePrefix, observationPrefix, placementPrefix, rowOf, vmPrefix } from './rows.ts';
import { startTimedChanges } from './timed-changes.ts';

/** One change as every watcher of VMs hears it. `vm` is what GET answers at that moment. */
export type VmEvent = (
  | { readonly type: 'added' | 'modified'; readonly revision: number; readonly vm: CachedVm }
  | { readonly type: 'deleted'; readonly revision: number; readonly record: VmRecord }
) & {
  /**
   * Only in what a watcher is told of the past: the VM as it was at its resume point, null = not there. There is at most
   * one such event a VM.
   */
  readonly before?: () => PastView | null;
};

export type VmListener = (event: VmEvent) => void;

export type VmWatchStart =
  | { readonly kind: 'watching'; close(): void }
  | { readonly kind: 'compacted'; readonly oldestRevision: number };

export interface WatchHub {
  /** Every change after `fromRevision`, the past ones first. `fromRevision: null` = from now on. */
  watch(fromRevision: number | null, listener: VmListener): VmWatchStart;
  readonly watchers: number;
  stop(): Promise<void>;
}

/** Rows touched by some batches, by VM; later ones win. */
interface Touched {
  readonly revision: number;
  readonly removed: VmRecord | null;
  readonly added: boolean;
}

export function startWatchHub(deps: ControlDeps & { readonly model: ReadModel }): WatchHub {
  const { store, clock, model } = deps;
  const listeners = new Set<VmListener>();
  const timed = startTimedChanges(deps, (vm) => {
    const event: VmEvent = { type: 'modified', revision: store.revision(), vm };
    for (const listener of listeners) listener(event);
  });
  let pending: WatchBatch[] = [];

  const tellLate = (listener: VmListener, told: ReadonlySet<Uid>): void => {
    for (const vm of timed.late()) {
      if (told.has(vm.record.uid)) continue;
      listener({
        type: 'modified',
        revision: store.revision(),
        vm,
        before: () => ({ view: vm.view, until: clock.now() }),
      });
    }
  };
  const flush = (): void => {
    const batches = pending;
    pending = [];
    for (const event of eventsOf(batches, model)) {
      if (event.type === 'deleted') timed.forget(event.record.uid);
      else timed.note(event.vm);
      for (const listener of listeners) listener(event);
    }
  };
  const live = store.watch('', store.revision(), (batch) => {
    pending.push(batch);
    if (pending.length === 1) queueMicrotask(flush);
  });
  for (const entry of store.list(vmPrefix)) {
    const vm = model.get(rowOf<VmRecord>(entry).value.name);
    if (vm !== undefined) timed.note(vm);
  }

  return {
    get watchers() {
      return listeners.size;
    },
    watch(fromRevision, listener) {
      if (fromRevision !== null && fromRevision < store.revision()) {
        const backlog = readBacklog(store, fromRevision);
        if (backlog.kind === 'compacted') return backlog;
        return replayThenFollow(backlog, { store, clock, model, listeners, tellLate }, listener);
      }
      listeners.add(listener);
      // What time alone changed while nobody told this client is in no revision: it hears of it now.
      if (fromRevision !== null) queueMicrotask(() => listeners.has(listener) && tellLate(listener, new Set()));
      return { kind: 'watching', close: () => listeners.delete(listener) };
    },
    async stop() {
      if (live.kind === 'watching') live.close();
      await timed.stop();
    },
  };
}

/** The store's own watch replays and goes on without a gap; once it has caught up the shared one takes over. */
function replayThenFollow(
  backlog: { start(listener: (batch: WatchBatch) => void): { close(): void } },
  hub: Pick<ControlDeps, 'store' | 'clock'> & {
    readonly model: ReadModel;
    readonly listeners: Set<VmListener>;
    readonly tellLate: (listener: VmListener, told: ReadonlySet<Uid>) => void;
  },
  listener: VmListener,
): VmWatchStart {
  const { store, clock, model, listeners, tellLate } = hub;
  let closed = false;
  let batches: WatchBatch[] = [];
  const source = backlog.start((batch) => {
    batches.push(batch);
    if (batches.length > 1) return;
    // Everything of the past is delivered in one turn, before this runs.
    queueMicrotask(() => {
      const seen = batches;
      batches = [];
      source.close();
      if (closed) return;
      const told = new Set<Uid>();
      const past = new PastRows(store, seen, clock.now());
      for (const event of eventsOf(seen, model)) {
        const { name, uid } = event.type === 'deleted' ? event.record : event.vm.record;
        told.add(uid);
        listener({ ...event, before: () => past.view(name, uid) });
      }
      tellLate(listener, told);
      listeners.add(listener);
    });
  });
  return {
    kind: 'watching',
    close() {
      closed = true;
      source.close();
      listeners.delete(listener);
    },
  };
}

function readBacklog(store: Store, fromRevision: number) {
  const probe = store.watch('', fromRevision, () => undefined);
  if (probe.kind === 'compacted') return probe;
  probe.close();
  return {
    kind: 'ready' as const,
    start(listener: (batch: WatchBatch) => void): { close(): void } {
      const started = store.watch('', fromRevision, listener);
      return started.kind === 'watching' ? started : { close: () => undefined };
    },
  };
}

/** One event a VM, in the order of the revision that last touched it. */
function eventsOf(batches: readonly WatchBatch[], model: ReadModel): readonly VmEvent[] {
  const touched = new Map<string, Touched>();
  for (const { revision, events } of batches) for (const event of events) touch(touched, event, revision, model);
  const sorted = [...touched].sort(([, a], [, b]) => a.revision - b.revision);
  return sorted.flatMap(([uid, { revision, removed, added }]): VmEvent[] => {
    const vm = model.getByUid(uid);
    const isGone = vm === undefined || vm.phase === 'gone';
    if (isGone) return removed === null || added ? [] : [{ type: 'deleted', revision, record: removed }];
    return [{ type: added ? 'added' : 'modified', revision, vm }];
  });
}

function touch(touched: Map<string, Touched>, event: StoreEvent, revision: number, model: ReadModel): void {
  const key = event.type === 'put' ? event.entry.key : event.key;
  const note = (uid: string, removed: VmRecord | null, added: boolean): void => {
    const before = touched.get(uid);
    touched.set(uid, { revision, removed: removed ?? before?.removed ?? null, added: added || before?.added === true });
  };
  if (key.startsWith(vmPrefix)) {
    const entry = event.type === 'put' ? event.entry : event.previous;
    const record = rowOf<VmRecord>(entry).value;
    note(record.uid, event.type === 'delete' ? record : null, event.type === 'put' && event.previous === undefined);
  } else if (key.startsWith(placementPrefix)) note(key.slice(placementPrefix.length), null, false);
  else if (key.startsWith(observationPrefix)) note(key.slice(observationPrefix.length), null, false);
  else if (key.startsWith(nodePrefix) && event.type === 'put' && healthChanged(event)) {
    for (const uid of model.index.onNode(key.slice(nodePrefix.length))) note(uid, null, false);
  }
}

function healthChanged(event: Extract<StoreEvent, { type: 'put' }>): boolean {
  const health = (entry: typeof event.entry | undefined) =>
    (entry?.value as { readonly health?: string } | undefined)?.health;
  return health(event.previous) !== health(event.entry);
}
