/**
 * Changes of VMs for watchers (spec §4 watch): one event per VM and turn, however many rows changed, in the order of
 * revisions. What time alone changes is an event too; metrics and times of observation are none.
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { Store, WatchBatch } from '../ports/store.ts';
import type { ControlDeps } from './control-config.ts';
import { PastRows } from './past-rows.ts';
import type { ReadModel } from './read-model.ts';
import { isInvisibleToGuests, rowOf, vmPrefix } from './rows.ts';
import { startTimedChanges } from './timed-changes.ts';
import { changesOf, isSilent, type VmEvent } from './vm-events.ts';

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

export function startWatchHub(deps: ControlDeps & { readonly model: ReadModel }): WatchHub {
  const { store, clock, model } = deps;
  const listeners = new Set<VmListener>();
  const timed = startTimedChanges(deps, (vm) => {
    // What came before is told before: its revision may be the same.
    flush();
    const event: VmEvent = { type: 'modified', ...now(), vm };
    for (const listener of listeners) listener(event);
  });
  const now = () => ({ revision: store.revision(), resumeAt: store.revision() });
  let pending: WatchBatch[] = [];

  const tellLate = (listener: VmListener, told: ReadonlySet<Uid>): void => {
    for (const vm of timed.late()) {
      if (told.has(vm.record.uid)) continue;
      listener({
        type: 'modified',
        ...now(),
        vm,
        before: () => ({ view: vm.view, until: clock.now() }),
      });
    }
  };
  const flush = (): void => {
    const batches = pending;
    pending = [];
    for (const change of changesOf(batches, model)) {
      const { event } = change;
      if (event.type === 'deleted') timed.forget(event.record.uid);
      else timed.note(event.vm);
      if (listeners.size === 0 || isSilent(change, clock.now())) continue;
      for (const listener of listeners) listener(event);
    }
  };
  const live = store.watch('', store.revision(), (batch) => {
    // When time alone changes a VM depends only on what guests can see.
    if (listeners.size === 0 && batch.events.every(isInvisibleToGuests)) return;
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
      for (const change of changesOf(seen, model)) {
        if (isSilent(change, clock.now())) continue;
        const { event } = change;
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
