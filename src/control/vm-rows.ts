/** The rows that a view of a VM is joined from. */
import type { ViewedNode, VmView } from '../core/convergence/vm-view.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import type { Placement } from '../core/placement/placement.ts';
import type { Store, StoreEntry } from '../ports/store.ts';
import { type NodeRow, nodeKey, observationKey, placementKey, rowOf, vmKey } from './rows.ts';

/** The rows of one VM, as they are or as they were. */
export interface VmRows {
  readonly row: StoreEntry;
  readonly placement: StoreEntry | undefined;
  readonly observation: StoreEntry | undefined;
  readonly node: StoreEntry | undefined;
}

export function hasSameRows(one: VmRows, other: VmRows): boolean {
  const { row, placement, observation, node } = one;
  return row === other.row && placement === other.placement && observation === other.observation && node === other.node;
}

export function lookUpRows(store: Store, name: string): VmRows | undefined {
  const row = store.get(vmKey(name));
  return row === undefined ? undefined : rowsOf(row, (key) => store.get(key));
}

export function rowsOf(row: StoreEntry, get: (key: string) => StoreEntry | undefined): VmRows {
  const { uid } = rowOf<VmRecord>(row).value;
  const placement = get(placementKey(uid));
  return { row, placement, observation: get(observationKey(uid)), node: nodeOf(placement, get) };
}

export function nodeOf(placement: StoreEntry | undefined, get: (key: string) => StoreEntry | undefined) {
  const placed = placement === undefined ? null : rowOf<Placement>(placement).value;
  return placed?.kind === 'placed' ? get(nodeKey(placed.node)) : undefined;
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
