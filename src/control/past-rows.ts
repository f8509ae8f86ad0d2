/** VMs as they were at a revision that the store's change log still reaches: for watchers that resume there. */
import type { VmView } from '../core/convergence/vm-view.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { TimeMs, Uid } from '../core/kit/brand.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import type { Placement } from '../core/placement/placement.ts';
import type { Store, StoreEntry, WatchBatch } from '../ports/store.ts';
import { type NodeRow, nodeKey, observationKey, placementKey, rowOf, vmKey } from './rows.ts';
import { rowsOf, viewOf } from './vm-rows.ts';

/** A VM as it once was, and the time at which it ceased to be so. */
export interface PastView {
  readonly view: VmView;
  readonly until: TimeMs;
}

/** One row as it was, and the first that took its place. */
interface Changed {
  readonly before: StoreEntry | undefined;
  readonly after: StoreEntry | undefined;
}

export class PastRows {
  readonly #store: Store;
  readonly #now: TimeMs;
  readonly #changed = new Map<string, Changed>();

  /** Before some batches; what did not change in them is as it is now. */
  constructor(store: Store, batches: readonly WatchBatch[], now: TimeMs) {
    this.#store = store;
    this.#now = now;
    for (const { events } of batches) {
      for (const event of events) {
        const key = event.type === 'put' ? event.entry.key : event.key;
        if (this.#changed.has(key)) continue;
        this.#changed.set(key, { before: event.previous, after: event.type === 'put' ? event.entry : undefined });
      }
    }
  }

  /** Null = it was not there. */
  view(name: string, uid: Uid): PastView | null {
    const row = this.#before(vmKey(name));
    if (row === undefined || rowOf<VmRecord>(row).value.uid !== uid) return null;
    const view = viewOf(rowsOf(row, (key) => this.#before(key)));
    return { view, until: Math.min(this.#now, ...this.#endsOf(view)) };
  }

  #before(key: string): StoreEntry | undefined {
    const changed = this.#changed.get(key);
    return changed === undefined ? this.#store.get(key) : changed.before;
  }

  /** When each row of it became another, as far as rows say when they were written. */
  *#endsOf({ record, node }: VmView): Iterable<TimeMs> {
    const vm = this.#changed.get(vmKey(record.name))?.after;
    if (vm !== undefined) yield rowOf<VmRecord>(vm).value.updatedAt;
    const placement = this.#changed.get(placementKey(record.uid))?.after;
    const placed = placement === undefined ? null : rowOf<Placement>(placement).value;
    if (placed?.kind === 'placed') yield placed.since;
    const observation = this.#changed.get(observationKey(record.uid))?.after;
    if (observation !== undefined) yield rowOf<StoredObservation>(observation).value.appliedAt;
    const after = node === null ? undefined : this.#changed.get(nodeKey(node.name))?.after;
    const nodeAfter = after === undefined ? null : rowOf<NodeRow>(after).value;
    if (nodeAfter !== null && nodeAfter.health !== node?.health) yield nodeAfter.healthSince;
  }
}
