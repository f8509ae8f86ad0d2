/**
 * Indexes over the store's rows, kept by its watch: by uid, label, node and dependency, and the unfinished tasks of a
 * VM. Nothing here is truth; everything can be made anew from the rows, and is at each start.
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { Placement } from '../core/placement/placement.ts';
import { isFinished, type Task } from '../core/task/task.ts';
import type { Store, StoreEvent } from '../ports/store.ts';
import { ClaimIndex, claimingPrefixes } from './claim-index.ts';
import type { ReadClaims } from './node-claims.ts';
import { placementPrefix, rowOf, taskPrefix, vmPrefix } from './rows.ts';

export interface VmIndex {
  /** Number of VMs, deletions included. */
  size(): number;
  nameOf(uid: string): string | undefined;
  /** Names of VMs that carry the label, in order; shared, treat as frozen. */
  withLabel(key: string, value: string | null): readonly string[];
  onNode(node: string): ReadonlySet<Uid>;
  dependentsOf(name: string): ReadonlySet<string>;
  /** VMs that are on no node. */
  unplaced(): ReadonlySet<Uid>;
  /** What the VMs on the node hold of it; shared, treat as frozen. */
  claimsOn(node: string): ReadClaims;
  activeTasks(uid: string): ReadonlyMap<string, Task>;
  /** Uids with unfinished tasks. */
  uidsWithTasks(): Iterable<string>;
  close(): void;
}

const none: ReadonlySet<never> = new Set<never>();
const noTasks: ReadonlyMap<string, Task> = new Map();

/** A label may be named like a member that every object has. */
const labelOf = (record: VmRecord | undefined, key: string): string | undefined =>
  record !== undefined && Object.hasOwn(record.labels, key) ? record.labels[key] : undefined;

/** Sets by key that vanish when empty. */
class SetsByKey<T> {
  readonly #sets = new Map<string, Set<T>>();

  get(key: string): ReadonlySet<T> {
    return this.#sets.get(key) ?? (none as ReadonlySet<T>);
  }

  add(key: string, value: T): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([value]));
    else set.add(value);
  }

  remove(key: string, value: T): void {
    const set = this.#sets.get(key);
    set?.delete(value);
    if (set?.size === 0) this.#sets.delete(key);
  }
}

class Index implements VmIndex {
  readonly #names = new Map<string, string>();
  readonly #labels = new SetsByKey<string>();
  readonly #sorted = new Map<string, readonly string[]>();
  readonly #nodes = new SetsByKey<Uid>();
  readonly #dependents = new SetsByKey<string>();
  readonly #unplaced = new Set<Uid>();
  readonly #claims = new ClaimIndex();
  readonly #placed = new Set<Uid>();
  readonly #tasks = new Map<string, Map<string, Task>>();
  readonly #onRemoved: (record: VmRecord) => void;
  #watch: { close(): void } | undefined;

  constructor(store: Store, onRemoved: (record: VmRecord) => void) {
    this.#onRemoved = onRemoved;
    const revision = store.revision();
    for (const prefix of [...claimingPrefixes, taskPrefix]) {
      for (const entry of store.list(prefix)) this.#apply({ type: 'put', entry, previous: undefined });
    }
    const started = store.watch('', revision, ({ events }) => {
      for (const event of events) this.#apply(event);
    });
    if (started.kind === 'watching') this.#watch = started;
  }

  close(): void {
    this.#watch?.close();
  }

  size(): number {
    return this.#names.size;
  }

  nameOf(uid: string): string | undefined {
    return this.#names.get(uid);
  }

  withLabel(key: string, value: string | null): readonly string[] {
    const word = value === null ? key : `${key}=${value}`;
    const known = this.#sorted.get(word);
    if (known !== undefined) return known;
    const names = this.#labels.get(word);
    if (names.size === 0) return [];
    const sorted = [...names].sort();
    this.#sorted.set(word, sorted);
    return sorted;
  }

  onNode(node: string): ReadonlySet<Uid> {
    return this.#nodes.get(node);
  }

  dependentsOf(name: string): ReadonlySet<string> {
    return this.#dependents.get(name);
  }

  unplaced(): ReadonlySet<Uid> {
    return this.#unplaced;
  }

  claimsOn(node: string): ReadClaims {
    return this.#claims.on(node);
  }

  activeTasks(uid: string): ReadonlyMap<string, Task> {
    return this.#tasks.get(uid) ?? noTasks;
  }

  uidsWithTasks(): Iterable<string> {
    return this.#tasks.keys();
  }

  #apply(event: StoreEvent): void {
    const key = event.type === 'put' ? event.entry.key : event.key;
    this.#claims.apply(event);
    if (key.startsWith(vmPrefix)) this.#applyVm(event);
    else if (key.startsWith(placementPrefix)) this.#applyPlacement(event);
    else if (key.startsWith(taskPrefix)) this.#applyTask(event);
  }

  #applyVm(event: StoreEvent): void {
    const before = event.previous === undefined ? undefined : rowOf<VmRecord>(event.previous).value;
    const after = event.type === 'put' ? rowOf<VmRecord>(event.entry).value : undefined;
    if (before?.labels !== after?.labels) this.#applyLabels(before, after);
    // Of most changes the specification is the very same object, and nothing that is made from it differs.
    if (before !== undefined && before.spec === after?.spec) return;
    for (const name of before?.spec.dependsOn ?? []) this.#dependents.remove(name, before?.name ?? '');
    for (const name of after?.spec.dependsOn ?? []) this.#dependents.add(name, after?.name ?? '');
    if (after === undefined) {
      if (before === undefined) return;
      this.#names.delete(before.uid);
      this.#unplaced.delete(before.uid);
      this.#onRemoved(before);
      return;
    }
    this.#names.set(after.uid, after.name);
    if (!this.#placed.has(after.uid)) this.#unplaced.add(after.uid);
  }

  #applyPlacement(event: StoreEvent): void {
    const before = event.previous === undefined ? undefined : rowOf<Placement>(event.previous).value;
    const after = event.type === 'put' ? rowOf<Placement>(event.entry).value : undefined;
    const uid = (after ?? before)?.uid;
    if (uid === undefined) return;
    if (before?.kind === 'placed') {
      this.#nodes.remove(before.node, uid);
      this.#placed.delete(uid);
    }
    if (after?.kind === 'placed') {
      this.#nodes.add(after.node, uid);
      this.#placed.add(uid);
      this.#unplaced.delete(uid);
    } else if (this.#names.has(uid)) this.#unplaced.add(uid);
  }

  #applyTask(event: StoreEvent): void {
    const entry = event.type === 'put' ? event.entry : event.previous;
    const task = rowOf<Task>(entry).value;
    const ofVm = this.#tasks.get(task.resource.uid);
    if (event.type === 'put' && !isFinished(task.status)) {
      if (ofVm === undefined) this.#tasks.set(task.resource.uid, new Map([[task.id, task]]));
      else ofVm.set(task.id, task);
      return;
    }
    ofVm?.delete(task.id);
    if (ofVm?.size === 0) this.#tasks.delete(task.resource.uid);
  }

  /** Only what differs: a listing by another label keeps its sorted names. */
  #applyLabels(before: VmRecord | undefined, after: VmRecord | undefined): void {
    for (const [key, value] of Object.entries(before?.labels ?? {})) {
      const now = labelOf(after, key);
      if (before === undefined || now === value) continue;
      this.#dropLabel(`${key}=${value}`, before.name);
      if (now === undefined) this.#dropLabel(key, before.name);
    }
    for (const [key, value] of Object.entries(after?.labels ?? {})) {
      const old = labelOf(before, key);
      if (after === undefined || old === value) continue;
      this.#addLabel(`${key}=${value}`, after.name);
      if (old === undefined) this.#addLabel(key, after.name);
    }
  }

  #addLabel(word: string, name: string): void {
    this.#labels.add(word, name);
    this.#sorted.delete(word);
  }

  #dropLabel(word: string, name: string): void {
    this.#labels.remove(word, name);
    this.#sorted.delete(word);
  }
}

/** `onRemoved` hears of each record that leaves the store, so that caches beside the index can forget it. */
export function createVmIndex(store: Store, onRemoved: (record: VmRecord) => void): VmIndex {
  return new Index(store, onRemoved);
}
