import { invariant } from '../kit/exhaustive.ts';
import type { DeclaredHealthCheck, DeclaredNic, DeclaredVm } from './declared.ts';
import type {
  Architecture,
  CloudInitSpec,
  HealthCheckSpec,
  HealthProbe,
  NicSpec,
  PlacementSpec,
  VmSpec,
} from './spec.ts';

/** Defaults of spec §2, in one place: schemas describe them, `resolveSpec` fills them in. */
export const vmDefaults = {
  desiredPhase: 'running',
  cpuCores: 1,
  memoryMib: 512,
  pool: 'default',
  network: 'user',
  hostIp: '127.0.0.1',
  hostPort: 0,
  protocol: 'tcp',
  firmwareId: 'seabios',
  machine: 'q35',
  accel: 'auto',
  runtime: 'qemu',
  restartPolicy: 'on_failure',
  nodeLossPolicy: 'pin',
  driftPolicy: 'correct',
  onUnresponsive: 'report',
  graceSeconds: 60,
  onTimeout: 'kill',
  intervalSeconds: 10,
  timeoutSeconds: 2,
  retries: 3,
  httpPath: '/',
  startAtBoot: true,
  bootOrder: 0,
} as const;

/** What most VMs leave out, held once for all of them. */
const noItems: readonly never[] = Object.freeze([]);
const noLabels: Readonly<Record<string, string>> = Object.freeze({});
const anywhere: PlacementSpec = Object.freeze({
  node: null,
  selector: noLabels,
  preferred: noLabels,
  affinityGroups: noItems,
});

/** Name of a NIC that the user did not name. */
export const defaultNicName = (index: number): string => `eth${index}`;

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** FNV-1a over the UTF-16 code units; spreads, protects nothing. */
function fnv1a32(text: string): number {
  let hash = fnvOffset;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), fnvPrime);
  return hash >>> 0;
}

/**
 * MAC of a NIC without one: QEMU's prefix and 24 bits from uid + index (spec §2), so that it outlives restarts and
 * moves. The index is added, not hashed, so that two NICs of one VM never collide.
 */
export function deriveMac(uid: string, index: number): string {
  const hash = fnv1a32(uid);
  const low = (((hash >>> 24) ^ (hash & 0xffffff)) + index) & 0xffffff;
  const hex = low.toString(16).padStart(6, '0');
  return `52:54:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
}

function resolveNic(nic: DeclaredNic, index: number, uid: string): NicSpec {
  return {
    name: nic.name ?? defaultNicName(index),
    network: nic.network ?? vmDefaults.network,
    mac: nic.mac?.toLowerCase() ?? deriveMac(uid, index),
    forwards: mapItems(nic.forwards, (forward) => ({
      protocol: forward.protocol ?? vmDefaults.protocol,
      hostIp: forward.host_ip ?? vmDefaults.hostIp,
      hostPort: forward.host_port ?? vmDefaults.hostPort,
      guestPort: forward.guest_port,
    })),
  };
}

function resolveProbe(check: DeclaredHealthCheck): HealthProbe {
  if (check.tcp !== undefined) return { kind: 'tcp', port: check.tcp.port };
  if (check.http !== undefined) {
    return { kind: 'http', port: check.http.port, path: check.http.path ?? vmDefaults.httpPath };
  }
  invariant(check.command !== undefined, `health check ${check.name} has a probe`);
  return { kind: 'command', command: check.command };
}

function resolveHealthCheck(check: DeclaredHealthCheck): HealthCheckSpec {
  return {
    name: check.name,
    probe: resolveProbe(check),
    intervalSeconds: check.interval_seconds ?? vmDefaults.intervalSeconds,
    timeoutSeconds: check.timeout_seconds ?? vmDefaults.timeoutSeconds,
    retries: check.retries ?? vmDefaults.retries,
  };
}

function resolveCloudInit(declared: DeclaredVm['cloud_init']): CloudInitSpec | null {
  if (declared === null || declared === undefined) return null;
  return {
    userData: declared.user_data ?? null,
    networkConfig: declared.network_config ?? null,
    sshAuthorizedKeys: declared.ssh_authorized_keys ?? [],
    hostname: declared.hostname ?? null,
  };
}

function resolvePlacement(declared: DeclaredVm['placement']): PlacementSpec {
  if (declared === undefined) return anywhere;
  return {
    node: declared.node ?? null,
    selector: declared.selector ?? noLabels,
    preferred: declared.preferred ?? noLabels,
    affinityGroups: declared.affinity_groups ?? noItems,
  };
}

function mapItems<From, To>(items: readonly From[] | undefined, map: (item: From, index: number) => To): readonly To[] {
  return items === undefined || items.length === 0 ? noItems : items.map(map);
}

/**
 * Fills in every default of spec §2. `declared` has passed validation; the same input always gives the same spec.
 * `nics` absent is one user-mode NIC, `[]` is none.
 */
export function resolveSpec(
  declared: DeclaredVm,
  { uid, clusterArchitecture }: { readonly uid: string; readonly clusterArchitecture: Architecture },
): VmSpec {
  return {
    cpuCores: declared.cpu_cores ?? vmDefaults.cpuCores,
    memoryMib: declared.memory_mib ?? vmDefaults.memoryMib,
    cpuCoresMax: declared.cpu_cores_max ?? null,
    memoryMaxMib: declared.memory_max_mib ?? null,
    imageUrl: declared.image_url ?? null,
    imageSha256: declared.image_sha256 ?? null,
    imageFormat: declared.image_format ?? null,
    kernel: declared.kernel ?? null,
    kernelSha256: declared.kernel_sha256 ?? null,
    initrd: declared.initrd ?? null,
    initrdSha256: declared.initrd_sha256 ?? null,
    cmdline: declared.cmdline ?? null,
    diskGib: declared.disk_gib ?? null,
    disks: mapItems(declared.disks, (disk) => ({
      name: disk.name,
      sizeGib: disk.size_gib,
      pool: disk.pool ?? vmDefaults.pool,
      ephemeral: disk.ephemeral ?? false,
      readOnly: disk.read_only ?? false,
    })),
    nics: mapItems(declared.nics ?? [{}], (nic, index) => resolveNic(nic, index, uid)),
    architecture: declared.architecture ?? clusterArchitecture,
    firmwareId: declared.firmware_id ?? vmDefaults.firmwareId,
    machine: declared.machine ?? vmDefaults.machine,
    accel: declared.accel ?? vmDefaults.accel,
    runtime: declared.runtime ?? vmDefaults.runtime,
    cloudInit: resolveCloudInit(declared.cloud_init),
    placement: resolvePlacement(declared.placement),
    restartPolicy: declared.restart_policy ?? vmDefaults.restartPolicy,
    nodeLossPolicy: declared.node_loss_policy ?? vmDefaults.nodeLossPolicy,
    driftPolicy: declared.drift_policy ?? vmDefaults.driftPolicy,
    onUnresponsive: declared.on_unresponsive ?? vmDefaults.onUnresponsive,
    stop: {
      graceSeconds: declared.stop?.grace_seconds ?? vmDefaults.graceSeconds,
      onTimeout: declared.stop?.on_timeout ?? vmDefaults.onTimeout,
    },
    healthChecks: mapItems(declared.health_checks, resolveHealthCheck),
    startAtBoot: declared.start_at_boot ?? vmDefaults.startAtBoot,
    bootOrder: declared.boot_order ?? vmDefaults.bootOrder,
    dependsOn: declared.depends_on ?? noItems,
    deletionProtection: declared.deletion_protection ?? false,
  };
}
