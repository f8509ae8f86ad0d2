/**
 * What a user set of a VM: the desired-state part of the snake_case document, as written. Only `name` must be there;
 * an absent or null field has its default (`resolve-spec.ts`). It is stored beside the resolved spec, so that
 * `get -o yaml` prints exactly the fields a user set (spec §5). Meanings, ranges and defaults: spec §2.
 */
import type {
  Accel,
  Architecture,
  DiskFormat,
  DriftPolicy,
  Firmware,
  MachineType,
  NodeLossPolicy,
  RestartPolicy,
  RuntimeKind,
  StopTimeoutPolicy,
  UnresponsivePolicy,
} from './spec.ts';

/** What a document may ask for. Deletion is a verb, never a field of a manifest. */
export type DeclaredPhase = 'running' | 'stopped';

type Labels = Readonly<Record<string, string>>;

export interface DeclaredDisk {
  readonly name: string;
  readonly size_gib: number;
  readonly pool?: string | undefined;
  readonly ephemeral?: boolean | undefined;
  readonly read_only?: boolean | undefined;
}

export interface DeclaredForward {
  readonly protocol?: 'tcp' | 'udp' | undefined;
  readonly host_ip?: string | undefined;
  readonly host_port?: number | undefined;
  readonly guest_port: number;
}

export interface DeclaredNic {
  readonly name?: string | undefined;
  readonly network?: string | undefined;
  readonly mac?: string | null | undefined;
  readonly forwards?: readonly DeclaredForward[] | undefined;
}

export interface DeclaredCloudInit {
  readonly user_data?: string | null | undefined;
  readonly network_config?: string | null | undefined;
  readonly ssh_authorized_keys?: readonly string[] | undefined;
  readonly hostname?: string | null | undefined;
}

export interface DeclaredPlacement {
  readonly node?: string | null | undefined;
  readonly selector?: Labels | undefined;
  readonly preferred?: Labels | undefined;
  readonly affinity_groups?: readonly string[] | undefined;
}

export interface DeclaredStop {
  readonly grace_seconds?: number | undefined;
  readonly on_timeout?: StopTimeoutPolicy | undefined;
}

/** Exactly one of `tcp`, `http` and `command` is there. */
export interface DeclaredHealthCheck {
  readonly name: string;
  readonly tcp?: { readonly port: number } | undefined;
  readonly http?: { readonly port: number; readonly path?: string | undefined } | undefined;
  readonly command?: readonly string[] | undefined;
  readonly interval_seconds?: number | undefined;
  readonly timeout_seconds?: number | undefined;
  readonly retries?: number | undefined;
}

export interface DeclaredVm {
  readonly name: string;
  readonly labels?: Labels | undefined;
  readonly annotations?: Labels | undefined;
  readonly description?: string | null | undefined;
  readonly desired_phase?: DeclaredPhase | undefined;
  readonly cpu_cores?: number | undefined;
  readonly memory_mib?: number | undefined;
  readonly cpu_cores_max?: number | null | undefined;
  readonly memory_max_mib?: number | null | undefined;
  readonly image_url?: string | null | undefined;
  readonly image_sha256?: string | null | undefined;
  readonly image_format?: DiskFormat | null | undefined;
  readonly architecture?: Architecture | undefined;
  readonly firmware_id?: Firmware | undefined;
  readonly machine?: MachineType | undefined;
  readonly accel?: Accel | undefined;
  readonly kernel?: string | null | undefined;
  readonly kernel_sha256?: string | null | undefined;
  readonly initrd?: string | null | undefined;
  readonly initrd_sha256?: string | null | undefined;
  readonly cmdline?: string | null | undefined;
  readonly disk_gib?: number | null | undefined;
  readonly disks?: readonly DeclaredDisk[] | undefined;
  readonly nics?: readonly DeclaredNic[] | undefined;
  readonly cloud_init?: DeclaredCloudInit | null | undefined;
  readonly runtime?: RuntimeKind | undefined;
  readonly placement?: DeclaredPlacement | undefined;
  readonly restart_policy?: RestartPolicy | undefined;
  readonly node_loss_policy?: NodeLossPolicy | undefined;
  readonly drift_policy?: DriftPolicy | undefined;
  readonly on_unresponsive?: UnresponsivePolicy | undefined;
  readonly start_at_boot?: boolean | undefined;
  readonly boot_order?: number | undefined;
  readonly depends_on?: readonly string[] | undefined;
  readonly deletion_protection?: boolean | undefined;
  readonly stop?: DeclaredStop | undefined;
  readonly health_checks?: readonly DeclaredHealthCheck[] | undefined;
}
