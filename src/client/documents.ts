/** What the API answers, as far as clients read it (examples.md): optional where an older or newer server may not say it. */
import type { JsonObject } from '../core/kit/json.ts';
import type { DriftDocument } from './vm-document.ts';

export interface TaskDocument {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly progress: number;
  readonly step: {
    readonly name: string;
    readonly index: number;
    readonly count: number;
    readonly message: string;
    readonly deadline: string | null;
  } | null;
  readonly resource: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly target_generation: number;
  readonly target_run: number;
  readonly requested_by: string;
  readonly error: { readonly code: string; readonly message: string; readonly details: JsonObject } | null;
  /** What a stop that succeeded came to; null of every other task. */
  readonly result: { readonly ended: string } | null;
  readonly superseded_by: string | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly deadline: string;
}

export interface EventDocument {
  readonly id: string;
  readonly at: string;
  readonly code: string;
  readonly message: string;
  readonly resource: { readonly kind: string; readonly name: string; readonly uid: string } | null;
  readonly node: string | null;
  readonly by: string;
}

/** A page of a list; `cursor` leads to the next one, `revision` is where a watch goes on, within `epoch`. */
export interface ListDocument<T> {
  readonly items: readonly T[];
  readonly revision: number;
  readonly epoch?: number;
  readonly next_cursor?: string | null;
}

export interface ResourcesDocument {
  readonly cpu_cores: number;
  readonly memory_mib: number;
}

export interface NodeDocument {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly registered_at: string;
  readonly status: {
    readonly health: string;
    readonly since: string;
    readonly connected: boolean;
    readonly last_seen_at: string | null;
    readonly agent_version: string;
    readonly capacity: ResourcesDocument;
    /** What it may promise, and what it has promised. */
    readonly allocatable: ResourcesDocument;
    readonly allocated: ResourcesDocument;
    readonly runtimes: readonly {
      readonly kind: string;
      readonly version: string;
      readonly accel?: string | null;
      readonly accel_because?: string | null;
    }[];
    readonly instances: number;
    readonly unassigned: readonly {
      readonly uid: string;
      readonly name: string | null;
      readonly state: string;
      readonly not_adopted?: string | null;
    }[];
  };
}

export interface StatusDocument {
  readonly cluster_id: string;
  readonly convergence: { readonly percent: number; readonly in_sync: number; readonly total: number };
  readonly phases: Readonly<Record<string, number>>;
  readonly nodes: readonly NodeDocument[];
  readonly not_in_sync: readonly {
    readonly name: string;
    readonly phase: string;
    readonly generation: number;
    readonly observed_generation: number;
    readonly code: string;
    readonly message: string;
  }[];
}

export interface ExplanationDocument {
  readonly name: string;
  readonly uid: string;
  readonly phase: string;
  readonly in_sync: boolean;
  readonly summary: string;
  readonly lines: readonly string[];
  readonly drift: readonly DriftDocument[];
  readonly node: string | null;
}

/** A past failure; an older server tells of each by itself. */
export interface FailureDocument {
  readonly code: string;
  readonly message: string;
  readonly at: string;
  readonly times?: number;
  readonly last_at?: string;
}

export interface HistoryDocument {
  readonly name: string;
  readonly uid: string;
  readonly failures: readonly FailureDocument[];
  readonly events: readonly EventDocument[];
}
