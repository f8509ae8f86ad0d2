/** What the API answers, as far as clients read it (examples.md): optional where an older or newer server may not say it. */
import type { Json, JsonObject } from '../core/kit/json.ts';

export interface DriftDocument {
  readonly field: string;
  readonly desired: Json;
  readonly observed: Json;
  readonly cause: string;
  readonly since: string;
  readonly action: string;
  readonly because: string;
}

export interface ConditionDocument {
  readonly type: string;
  readonly status: string;
  readonly code: string;
  readonly message: string;
  readonly generation: number;
  readonly since: string;
}

export interface ForwardDocument {
  readonly protocol: string;
  readonly host_ip: string;
  readonly host_port: number;
  readonly guest_port: number;
}

export interface VmStatusDocument {
  readonly phase: string;
  readonly reason?: {
    readonly code: string;
    readonly message: string;
    readonly next_action: string;
    readonly since: string;
    readonly details?: JsonObject;
  };
  readonly waiting?: {
    readonly for: string;
    readonly since: string;
    readonly deadline: string;
    readonly message: string;
  };
  readonly node: string | null;
  readonly incarnation: {
    readonly id: string;
    readonly run: number;
    readonly state: string;
    readonly state_generation: number;
    readonly started_at: string | null;
  } | null;
  readonly seen_generation: number;
  readonly observed_generation: number;
  readonly conditions: readonly ConditionDocument[];
  readonly metrics: Readonly<Record<string, number | null>> | null;
  readonly image: { readonly sha256: string; readonly size_bytes: number; readonly resolved_at: string } | null;
  readonly running_hash: string | null;
  readonly restart: { readonly attempt: number; readonly backing_off: boolean; readonly next_at: string | null };
  readonly drift: readonly DriftDocument[];
  readonly addresses: readonly {
    readonly nic: string;
    readonly ip: string | null;
    readonly source: string;
    readonly endpoints: readonly {
      readonly protocol: string;
      readonly host: string;
      readonly port: number;
      readonly guest_port: number;
    }[];
  }[];
  readonly observed_at: string | null;
  readonly stale: boolean;
}

export interface VmDocument {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly managed_by: { readonly source: string; readonly repository?: string; readonly commit?: string };
  readonly desired_phase: string;
  readonly desired_paused: boolean;
  readonly run: number;
  readonly stop_mode: string;
  readonly cpu_cores: number;
  readonly memory_mib: number;
  readonly image_url: string | null;
  readonly kernel: string | null;
  readonly disk_gib: number | null;
  readonly disks: readonly { readonly name: string; readonly size_gib: number }[];
  readonly nics: readonly {
    readonly name: string;
    readonly network: string;
    readonly mac: string | null;
    readonly forwards: readonly ForwardDocument[];
  }[];
  readonly restart_policy: string;
  readonly drift_policy: string;
  readonly generation: number;
  readonly revision: number;
  readonly spec_hash: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly status: VmStatusDocument;
}

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

/** A page of a list; `cursor` leads to the next one, `revision` is where a watch goes on. */
export interface ListDocument<T> {
  readonly items: readonly T[];
  readonly revision: number;
  readonly next_cursor?: string | null;
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
    readonly capacity: { readonly cpu_cores: number; readonly memory_mib: number };
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

export interface HistoryDocument {
  readonly name: string;
  readonly uid: string;
  readonly failures: readonly { readonly code: string; readonly message: string; readonly at: string }[];
  readonly events: readonly EventDocument[];
}
