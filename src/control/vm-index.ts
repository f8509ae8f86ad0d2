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
import { LabelIndex } from './label-index.ts';
import type { ReadClaims } from './node-claims.ts';
import { isInvisibleToGuests, placementPrefix, rowOf, taskPrefix, vmPrefix } from './rows.ts';
import { SetsByKey } from './sets-by-key.ts';

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

const noTasks: ReadonlyMap<string, Task> = new Map();

class Index implements VmIndex {
  readonly #names = new Map<string, string>();
  readonly #labels: LabelIndex;
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
    this.#labels = new LabelIndex(() => store.list(vmPrefix).map((entry) => rowOf<VmRecord>(entry).value));
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
    return this.#labels.names(key, value);
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
    const isVm = key.startsWith(vmPrefix);
    if (isVm) this.#applyLabels(event);
    if (isInvisibleToGuests(event)) return;
    this.#claims.apply(event);
    if (isVm) this.#applyVm(event);
    else if (key.startsWith(placementPrefix)) this.#applyPlacement(event);
    else if (key.startsWith(taskPrefix)) this.#applyTask(event);
  }

  #applyLabels(event: StoreEvent): void {
    const { before, after } = recordsOf(event);
    if (before?.labels !== after?.labels) this.#labels.apply(before, after);
  }

  #applyVm(event: StoreEvent): void {
    const { before, after } = recordsOf(event);
    // Most changes leave the very same specification, and with it everything that is derived from it.
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
}

function recordsOf(event: StoreEvent) {
  const before = event.previous === undefined ? undefined : rowOf<VmRecord>(event.previous).value;
  const after = event.type === 'put' ? rowOf<VmRecord>(event.entry).value : undefined;
  return { before, after };
}

/** `onRemoved` hears of each record that leaves the store, so that caches beside the index can forget it. */
export function createVmIndex(store: Store, onRemoved: (record: VmRecord) => void): VmIndex {
  return new Index(store, onRemoved);
}
