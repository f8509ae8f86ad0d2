/**
 * The rows of the control plane's store: one key function a row. Each prefix has one writer (architecture rule 6); what comes
 * after `·` writes it where a VM comes or goes in another way.
 *
 *   vm/NAME         VmRecord: what users asked for; its revision is the document's    operations · catch-up, adoption, removal
 *   vm-uid/UID      name of a live record                                             operations · adoption, removal
 *   gone/UID        a removed VM, readable by uid for the retention time              removal · operations (forget)
 *   placement/UID   where it runs, or why nowhere                                     scheduler · catch-up, adoption, removal
 *   claim/NODE      that room of the node was taken                                   whoever takes room
 *   heard/NODE      when it was last heard of, to the minute                          sessions
 *   node/NAME       what is known of it                                               its session; its health: node health
 *   obs/UID         the significant part of the newest observation                    ingest · removal
 *   task/ID         made by operations, finished by the task engine · event/ID, added by whoever acts
 *   idem/HASH       operations · token/HASH tokens · meta/cluster the start of the control plane
 */

import type { Architecture } from '../core/instance/spec.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { TimeMs, Uid } from '../core/kit/brand.ts';
import type { Json } from '../core/kit/json.ts';
import type { NodeHealth } from '../core/node/node-health.ts';
import type { UnassignedRuntime } from '../core/node/observation.ts';
import type { NodeHello } from '../ports/control-link.ts';
import type { Store, StoreEntry, StoreEvent } from '../ports/store.ts';

export const vmPrefix = 'vm/';
export const gonePrefix = 'gone/';
export const placementPrefix = 'placement/';
export const claimPrefix = 'claim/';
export const heardPrefix = 'heard/';
export const observationPrefix = 'obs/';
export const taskPrefix = 'task/';
export const eventPrefix = 'event/';
export const idempotencyPrefix = 'idem/';
export const tokenPrefix = 'token/';
export const nodePrefix = 'node/';
export const clusterKey = 'meta/cluster';

export const vmKey = (name: string): string => `vm/${name}`;
export const vmUidKey = (uid: string): string => `vm-uid/${uid}`;
export const goneKey = (uid: string): string => `gone/${uid}`;
export const placementKey = (uid: string): string => `placement/${uid}`;
export const claimKey = (node: string): string => `claim/${node}`;
export const heardKey = (node: string): string => `heard/${node}`;
export const observationKey = (uid: string): string => `obs/${uid}`;
export const taskKey = (id: string): string => `task/${id}`;
export const eventKey = (id: string): string => `event/${id}`;
export const idempotencyKey = (hash: string): string => `idem/${hash}`;
export const tokenKey = (hash: string): string => `token/${hash}`;
export const nodeKey = (name: string): string => `node/${name}`;

export interface VmUidRow {
  readonly name: string;
}

export interface ClaimRow {
  readonly node: string;
  readonly at: TimeMs;
}

/** Own time of a message of the node: the last one, or one at most a minute before it. */
export interface HeardRow {
  readonly node: string;
  readonly at: TimeMs;
}

export interface GoneRow {
  readonly record: VmRecord;
  readonly removedAt: TimeMs;
  /**
   * Deleted with `forget`: the node has not reported removal yet, so its placement stays and it stays assigned as
   * deleted.
   */
  readonly forgotten: boolean;
  /** Where it was last: its log is kept there for a while. Null = on no node; absent in rows of older versions. */
  readonly node?: string | null;
}

export interface ClusterRow {
  readonly clusterId: string;
  readonly createdAt: TimeMs;
  /** Architecture of VMs that name none; that of the first node. */
  readonly architecture: Architecture;
}

export interface EventRow {
  readonly id: string;
  readonly at: TimeMs;
  readonly code: string;
  readonly message: string;
  readonly resource: { readonly kind: 'VirtualMachine'; readonly name: string; readonly uid: Uid } | null;
  readonly node: string | null;
  /** Who caused it: `user:admin`, `node:node-1`, `system`. */
  readonly by: string;
}

export type Role = 'viewer' | 'admin';

export interface TokenRow {
  readonly principal: string;
  readonly role: Role;
  readonly createdAt: TimeMs;
}

export interface NodeRow {
  readonly name: string;
  readonly health: NodeHealth;
  readonly healthSince: TimeMs;
  /** Since when it has not been ready, whether it is stale, unreachable or lost by now; null = it is ready. */
  readonly awaySince: TimeMs | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly registeredAt: TimeMs;
  readonly session: string;
  readonly agentVersion: string;
  readonly bootId: string;
  readonly capacity: NodeHello['capacity'];
  readonly runtimes: NodeHello['runtimes'];
  readonly unassigned: readonly UnassignedRow[];
}

/** `notAdopted`: why it was not taken over although the node offered it; null = it did not. Absent in older rows. */
export type UnassignedRow = Omit<UnassignedRuntime, 'order'> & { readonly notAdopted?: string | null };

/** The answer that a repeated request gets again; written together with what the first one changed. */
export interface IdempotencyRow {
  readonly at: TimeMs;
  readonly bodyHash: string;
  readonly answer: StoredAnswer;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: Json;
  readonly location: string | null;
  /** The body's `revision` is that of this row's own commit, which is only known once it is made. */
  readonly revisionOfCommit: boolean;
}

/** A row with the revision of its last change. */
export interface Row<T> {
  readonly value: T;
  readonly modRevision: number;
  readonly createRevision: number;
}

/** Reads one row. Values are written by this version or an older one; newer stores are refused at the start. */
export function readRow<T>(store: Pick<Store, 'get'>, key: string): Row<T> | undefined {
  const entry = store.get(key);
  return entry === undefined ? undefined : rowOf<T>(entry);
}

export function rowOf<T>(entry: StoreEntry): Row<T> {
  return entry as unknown as Row<T>;
}

/**
 * A change of a VM's record that no guest can see (labels, annotations, description; S2b): what was decided of the VM stands.
 * Labels change all day, so the loops look for this before anything else.
 */
export function isInvisibleToGuests(event: StoreEvent): boolean {
  if (event.type === 'delete' || event.previous === undefined || !event.entry.key.startsWith(vmPrefix)) return false;
  const before = rowOf<VmRecord>(event.previous).value;
  const after = rowOf<VmRecord>(event.entry).value;
  return (
    before.spec === after.spec && before.generation === after.generation && before.desiredPhase === after.desiredPhase
  );
}

/** Domain values are JSON by construction (readonly data, no dates, no undefined members that matter). */
export function put<T extends object>(key: string, value: T): { readonly key: string; readonly value: Json } {
  return { key, value: value as unknown as Json };
}
