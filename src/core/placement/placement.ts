/**
 * Where an instance runs. Written by the scheduler loop only; an instance without a node is `pending` with a code that
 * says why.
 */
import type { TimeMs, Uid } from '../kit/brand.ts';
import type { JsonObject } from '../kit/json.ts';

/** Why an instance is on no node (spec §2 `pending`). */
export type PendingCode =
  | 'no_nodes'
  | 'node_not_found'
  | 'node_not_ready'
  | 'selector_unmatched'
  | 'insufficient_resources'
  | 'port_conflict'
  | 'dependency_failed'
  | 'dependency_not_ready'
  | 'unscheduled';

/** The node it is placed on; null = none. */
export const nodeOf = (placement: Placement | null | undefined): string | null =>
  placement?.kind === 'placed' ? placement.node : null;

export type Placement =
  /** `number` counts the placements of this instance; reports of an older one are not about its present (spec §9). */
  | {
      readonly kind: 'placed';
      readonly uid: Uid;
      readonly node: string;
      readonly number: number;
      readonly since: TimeMs;
    }
  | {
      readonly kind: 'pending';
      readonly uid: Uid;
      readonly code: PendingCode;
      readonly message: string;
      /** What a program would want to know of it: which resource is short, and by how much. */
      readonly details?: JsonObject;
      readonly number: number;
      readonly since: TimeMs;
      /** Its user was told that it takes long: once, whoever runs the control plane. */
      readonly told?: true;
    };
