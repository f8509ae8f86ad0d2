/**
 * The newest time of the control plane's own clock that a store remembers. A control plane that starts on a host whose clock
 * is behind that (a dead battery, a wrong correction) would have deadlines hours away: its clock begins here instead.
 */
import type { TimeMs } from '../core/kit/brand.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import type { Store } from '../ports/store.ts';
import {
  eventPrefix,
  type HeardRow,
  heardPrefix,
  type NodeRow,
  nodePrefix,
  observationPrefix,
  rowOf,
  taskPrefix,
} from './rows.ts';

export function newestTimeIn(store: Store): TimeMs {
  const minted = [eventPrefix, taskPrefix].map((prefix) =>
    mintedAt(store.list(prefix).at(-1)?.key.slice(prefix.length)),
  );
  const applied = store.list(observationPrefix).map((entry) => rowOf<StoredObservation>(entry).value.appliedAt);
  const judged = store.list(nodePrefix).map((entry) => rowOf<NodeRow>(entry).value.healthSince);
  const heard = store.list(heardPrefix).map((entry) => rowOf<HeardRow>(entry).value.at);
  return [...minted, ...applied, ...judged, ...heard].reduce((newest, time) => Math.max(newest, time), 0);
}

/** Ids are UUIDs of version 7: they begin with the time they were made at, 48 bits, and sort by it. */
function mintedAt(id: string | undefined): TimeMs {
  return id === undefined ? 0 : Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
