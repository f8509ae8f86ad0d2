/** A VM as the API answers it, as far as clients read it (examples.md b). */
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
  readonly description: string | null;
  readonly managed_by: { readonly source: string; readonly repository?: string; readonly commit?: string };
  readonly desired_phase: string;
  readonly desired_paused: boolean;
  readonly run: number;
  readonly stop_mode: string;
  readonly cpu_cores: number;
  readonly memory_mib: number;
  readonly cpu_cores_max: number | null;
  readonly memory_max_mib: number | null;
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
  readonly placement: { readonly node: string | null };
  readonly restart_policy: string;
  readonly drift_policy: string;
  readonly generation: number;
  readonly revision: number;
  readonly spec_hash: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly status: VmStatusDocument;
}
