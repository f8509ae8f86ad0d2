/**
 * What every node has given away, kept while VMs come, change, run and go. A VM holds its share from its placement until its
 * node has reported its removal: also while it is forgotten (`delete --forget` frees the name; the process may live), and
 * for a process that still is what it was before a change that waits.
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import { type Claim, claimOf, claimOfProcess } from '../core/placement/claim.ts';
import type { Placement } from '../core/placement/placement.ts';
import type { StoreEvent } from '../ports/store.ts';
import { NodeClaims, type ReadClaims } from './node-claims.ts';
import {
  type ClaimRow,
  claimPrefix,
  type GoneRow,
  gonePrefix,
  observationPrefix,
  placementPrefix,
  rowOf,
  vmPrefix,
} from './rows.ts';

/** Prefixes of the rows that say who holds what, in the order in which a store is loaded. */
export const claimingPrefixes = [vmPrefix, gonePrefix, placementPrefix, observationPrefix, claimPrefix] as const;

/** What is known of one VM that is or may be on a node. */
interface Holder {
  ordered: Claim | null;
  /** What its process had by its last word, and in which placement. */
  running: { readonly placement: number; readonly claim: Claim } | null;
  placed: Extract<Placement, { readonly kind: 'placed' }> | null;
  /** Its record is there; a forgotten one holds by its tombstone. */
  isRecord: boolean;
}

const noClaims: ReadClaims = new NodeClaims();

export class ClaimIndex {
  readonly #nodes = new Map<string, NodeClaims>();
  readonly #holders = new Map<Uid, Holder>();

  on(node: string): ReadClaims {
    return this.#nodes.get(node) ?? noClaims;
  }

  apply(event: StoreEvent): void {
    const key = event.type === 'put' ? event.entry.key : event.key;
    if (key.startsWith(vmPrefix)) this.#applyVm(event);
    else if (key.startsWith(placementPrefix)) this.#applyPlacement(event);
    else if (key.startsWith(observationPrefix)) this.#applyObservation(event);
    else if (event.type === 'delete') return;
    else if (key.startsWith(gonePrefix)) this.#applyGone(rowOf<GoneRow>(event.entry).value);
    else if (key.startsWith(claimPrefix)) {
      const { value, modRevision } = rowOf<ClaimRow>(event.entry);
      this.#claimsOf(value.node).revision = modRevision;
    }
  }

  #applyVm(event: StoreEvent): void {
    const { uid, spec } = rowOf<VmRecord>(event.type === 'put' ? event.entry : event.previous).value;
    const before = event.previous === undefined ? undefined : rowOf<VmRecord>(event.previous).value;
    const holder = this.#holderOf(uid);
    const changed = before?.spec !== spec || !holder.isRecord;
    holder.isRecord = event.type === 'put';
    if (holder.isRecord && changed) {
      holder.ordered = claimOf(spec);
      this.#hold(uid, holder);
    }
    this.#settle(uid, holder);
  }

  #applyGone({ record, forgotten }: GoneRow): void {
    if (!forgotten) return;
    const holder = this.#holderOf(record.uid);
    holder.ordered ??= claimOf(record.spec);
    this.#hold(record.uid, holder);
  }

  #applyPlacement(event: StoreEvent): void {
    const after = event.type === 'put' ? rowOf<Placement>(event.entry).value : undefined;
    const uid = (after ?? rowOf<Placement>(event.type === 'put' ? event.entry : event.previous).value).uid;
    const holder = this.#holderOf(uid);
    if (holder.placed !== null) this.#nodes.get(holder.placed.node)?.release(uid);
    holder.placed = after?.kind === 'placed' ? after : null;
    this.#hold(uid, holder);
    this.#settle(uid, holder);
  }

  #applyObservation(event: StoreEvent): void {
    const { instance } = rowOf<StoredObservation>(event.type === 'put' ? event.entry : event.previous).value;
    const holder = this.#holderOf(instance.uid);
    const claim = event.type === 'put' ? claimOfProcess(instance) : null;
    const before = holder.running;
    holder.running = claim === null ? null : { placement: instance.placement, claim };
    if (before !== null || claim !== null) this.#hold(instance.uid, holder);
    this.#settle(instance.uid, holder);
  }

  #hold(uid: Uid, { placed, ordered, running }: Holder): void {
    if (placed === null || ordered === null) return;
    const current = running !== null && running.placement === placed.number ? running.claim : null;
    this.#claimsOf(placed.node).hold(uid, ordered, current);
  }

  /** A VM without placement and record holds nothing any more. */
  #settle(uid: Uid, { isRecord, placed }: Holder): void {
    if (!isRecord && placed === null) this.#holders.delete(uid);
  }

  #holderOf(uid: Uid): Holder {
    const known = this.#holders.get(uid);
    if (known !== undefined) return known;
    const made: Holder = { ordered: null, running: null, placed: null, isRecord: false };
    this.#holders.set(uid, made);
    return made;
  }

  #claimsOf(node: string): NodeClaims {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const made = new NodeClaims();
    this.#nodes.set(node, made);
    return made;
  }
}
