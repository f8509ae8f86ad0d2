/**
 * What has become durable in the control plane's store, in order, told by the store itself: the truth that checkers compare
 * everything else with. It outlives the lives of the control plane; a restore from a backup begins a new chapter.
 */
import { type GoneRow, gonePrefix, observationPrefix, placementPrefix, taskPrefix, vmPrefix } from '../control/rows.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import type { Placement } from '../core/placement/placement.ts';
import { isFinished, type Task } from '../core/task/task.ts';
import type { Store, StoreEntry, StoreEvent, WatchBatch } from '../ports/store.ts';
import { type Order, orderOf } from './history-order.ts';
import { judgeTask } from './judge-task.ts';

export interface VmHistory {
  readonly uid: Uid;
  /** By generation. */
  readonly orders: Map<number, Order>;
  /** The live record and the revision it was written at; null once it is gone. */
  latest: { readonly record: VmRecord; readonly revision: number } | null;
  gone: GoneRow | null;
}

export class History {
  readonly vms = new Map<Uid, VmHistory>();
  readonly placements = new Map<Uid, { readonly placement: Placement; readonly revision: number }>();
  readonly observations = new Map<Uid, StoredObservation>();
  readonly tasks = new Map<string, Task>();
  /** Findings that history itself shows: something that only grows went back, a finished task changed. */
  readonly offences: string[] = [];
  revision = 0;
  #epoch = 0;
  /** The watch of the present life: one that died before its backlog was told must not tell it beside the next. */
  #watch: { close(): void } | null = null;
  /** Generations up to these were other orders in a store that was lost: nodes may have realised those. */
  #ambiguous: ReadonlyMap<Uid, number> = new Map();

  /** A life of the control plane opened the store. */
  follow(store: Store): void {
    this.#watch?.close();
    this.#watch = null;
    if (store.epoch !== this.#epoch) this.#beginChapter(store.epoch);
    const { revision } = this;
    if (store.revision() < revision) {
      this.offences.push(`the store came back at revision ${store.revision()}, it was at ${revision}`);
      return;
    }
    const watch = store.watch('', revision, (batch) => {
      if (batch.revision <= this.revision) {
        this.offences.push(`the store's watch told revision ${batch.revision} after ${this.revision}`);
      }
      this.#applyBatch(batch);
    });
    if (watch.kind === 'watching') {
      this.#watch = watch;
      return;
    }
    for (const entry of store.list('')) this.#apply({ type: 'put', entry, previous: undefined }, entry.modRevision);
    this.revision = store.revision();
    const fromNow = store.watch('', this.revision, (batch) => this.#applyBatch(batch));
    if (fromNow.kind === 'watching') this.#watch = fromNow;
  }

  /**
   * The store begins anew, empty or from a backup: nothing that was known of it holds any more. `seen`: the newest generation
   * of each VM that any node has seen.
   */
  forget(seen: ReadonlyMap<Uid, number> = new Map()): void {
    this.#beginChapter(0);
    this.#ambiguous = seen;
  }

  /** What a node realises that realises this generation; undefined where nobody can say. */
  orderOf(uid: Uid, generation: number): Order | undefined {
    return generation <= (this.#ambiguous.get(uid) ?? 0) ? undefined : this.vms.get(uid)?.orders.get(generation);
  }

  #beginChapter(epoch: number): void {
    this.#epoch = epoch;
    this.revision = 0;
    this.vms.clear();
    this.placements.clear();
    this.observations.clear();
    this.tasks.clear();
  }

  #applyBatch({ revision, events }: WatchBatch): void {
    this.revision = revision;
    for (const event of events) this.#apply(event, revision);
    for (const event of events) {
      const key = event.type === 'put' ? event.entry.key : event.key;
      if (key.startsWith(observationPrefix)) this.#compare(key.slice(observationPrefix.length) as Uid);
      if (key.startsWith(taskPrefix)) this.#judgeTask(key.slice(taskPrefix.length));
    }
  }

  #apply(event: StoreEvent, revision: number): void {
    const key = event.type === 'put' ? event.entry.key : event.key;
    const value = event.type === 'put' ? event.entry : null;
    if (key.startsWith(vmPrefix)) this.#applyVm(event, revision);
    else if (key.startsWith(placementPrefix)) this.#applyPlacement(key, value, revision);
    else if (key.startsWith(observationPrefix)) this.#applyObservation(key, value);
    else if (key.startsWith(taskPrefix)) this.#applyTask(key, value);
    else if (key.startsWith(gonePrefix)) this.#applyGone(key, value);
  }

  #applyVm(event: StoreEvent, revision: number): void {
    const entry = event.type === 'put' ? event.entry : event.previous;
    const record = read<VmRecord>(entry);
    const vm = this.#vmOf(record.uid);
    if (event.type === 'delete') {
      vm.latest = null;
      return;
    }
    const order = orderOf(record);
    const known = vm.orders.get(order.generation);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(order)) {
      this.offences.push(
        `S2: generation ${order.generation} of ${record.name} changed: ${JSON.stringify(known)} became ${JSON.stringify(order)}`,
      );
    }
    const before = vm.latest?.record.generation ?? 0;
    if (order.generation < before) {
      this.offences.push(`S2: the generation of ${record.name} went from ${before} back to ${order.generation}`);
    }
    vm.orders.set(order.generation, order);
    vm.latest = { record, revision };
  }

  #applyPlacement(key: string, entry: StoreEntry | null, revision: number): void {
    const uid = key.slice(placementPrefix.length) as Uid;
    if (entry === null) this.placements.delete(uid);
    else this.placements.set(uid, { placement: read<Placement>(entry), revision });
  }

  #applyObservation(key: string, entry: StoreEntry | null): void {
    const uid = key.slice(observationPrefix.length) as Uid;
    if (entry === null) {
      this.observations.delete(uid);
      return;
    }
    const row = read<StoredObservation>(entry);
    const before = this.observations.get(uid);
    this.observations.set(uid, row);
    if (before === undefined || before.instance.placement !== row.instance.placement) return;
    for (const field of ['observedGeneration', 'seenGeneration'] as const) {
      if (row.instance[field] >= before.instance[field]) continue;
      this.offences.push(`S2b: ${field} of ${uid} went from ${before.instance[field]} back to ${row.instance[field]}`);
    }
  }

  /** Of a whole transaction: a catch-up after a restore raises the order together with what is observed. */
  #compare(uid: Uid): void {
    const observed = this.observations.get(uid)?.instance.observedGeneration ?? 0;
    const generation = this.vms.get(uid)?.latest?.record.generation;
    if (generation === undefined || observed <= generation) return;
    this.offences.push(`S2b: ${uid} is observed at ${observed}, ordered is only ${generation}`);
  }

  #applyTask(key: string, entry: StoreEntry | null): void {
    const id = key.slice(taskPrefix.length);
    if (entry === null) {
      this.tasks.delete(id);
      return;
    }
    const task = read<Task>(entry);
    const before = this.tasks.get(id);
    if (before !== undefined && isFinished(before.status) && JSON.stringify(before) !== JSON.stringify(task)) {
      this.offences.push(`a finished task changed: ${task.type} ${id} from ${before.status} to ${task.status}`);
    }
    this.tasks.set(id, task);
  }

  #judgeTask(id: string): void {
    const task = this.tasks.get(id);
    if (task === undefined) return;
    const observed = this.observations.get(task.resource.uid)?.instance.observedGeneration ?? 0;
    const isGone = (this.vms.get(task.resource.uid)?.gone ?? null) !== null;
    this.offences.push(...judgeTask(task, { observed, isGone }));
  }

  #applyGone(key: string, entry: StoreEntry | null): void {
    const vm = this.#vmOf(key.slice(gonePrefix.length) as Uid);
    vm.gone = entry === null ? null : read<GoneRow>(entry);
    if (vm.gone !== null) {
      const order = orderOf(vm.gone.record);
      vm.orders.set(order.generation, order);
    }
  }

  #vmOf(uid: Uid): VmHistory {
    const known = this.vms.get(uid);
    if (known !== undefined) return known;
    const made: VmHistory = { uid, orders: new Map(), latest: null, gone: null };
    this.vms.set(uid, made);
    return made;
  }
}

function read<T>(entry: StoreEntry): T {
  return entry.value as T;
}
