/**
 * The control plane's record of a VM: what users asked for. Only users (and later Git) write it. Its `revision` is the
 * store's revision of the row, so nothing but user-writable fields may live in it (S2): placement and observations have
 * rows of their own.
 */

import type { TimeMs, Uid } from '../kit/brand.ts';
import type { JsonObject } from '../kit/json.ts';
import type { StopMode } from './desired.ts';
import type { VmSpec } from './spec.ts';

export interface VmRecord {
  readonly uid: Uid;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly description: string | null;
  /** Owner of the desired state (spec §5). Only `api` until Git sources exist. */
  readonly managedBy: { readonly source: 'api' };
  /** The fields the user set, as the snake_case document; `get -o yaml` prints exactly these. */
  readonly declared: JsonObject;
  /** `declared` with every default resolved. */
  readonly spec: VmSpec;
  readonly specHash: string;
  readonly desiredPhase: 'running' | 'stopped' | 'deleted';
  readonly desiredPaused: boolean;
  readonly run: number;
  /** How many of the newest runs were asked for only to bring a change. Absent in rows of older versions: none. */
  readonly changeRuns?: number;
  readonly stopMode: StopMode;
  readonly generation: number;
  /** When `generation` last grew; `updatedAt` moves with labels too. */
  readonly generationAt: TimeMs;
  readonly createdAt: TimeMs;
  readonly updatedAt: TimeMs;
  /** Set while being deleted. */
  readonly deletedAt: TimeMs | null;
}
