/**
 * The resolved specification of a VM: every default filled in. What the user wrote is kept beside it (`declared`, the
 * snake_case document), so that `get -o yaml` can print exactly that; everything else in Holdfast reads this type.
 * Field meanings, ranges and defaults: spec §2.
 */
import { invariant } from '../kit/exhaustive.ts';

export type DiskFormat = 'qcow2' | 'raw';
export type Accel = 'auto' | 'kvm' | 'tcg';
export type MachineType = 'q35' | 'microvm';
export type Firmware = 'seabios' | 'ovmf';
export type Architecture = 'amd64' | 'arm64';
export type RuntimeKind = 'qemu' | 'cloud_hypervisor';
export type RestartPolicy = 'never' | 'on_failure' | 'always';
export type NodeLossPolicy = 'pin' | 'restart_elsewhere';
export type DriftPolicy = 'correct' | 'detect';
export type UnresponsivePolicy = 'report' | 'restart';
export type StopTimeoutPolicy = 'kill' | 'fail';

export interface DiskSpec {
  readonly name: string;
  readonly sizeGib: number;
  readonly pool: string;
  readonly ephemeral: boolean;
  readonly readOnly: boolean;
}

/** Names of the disks whose loss is a failure; ephemeral ones may be made anew (spec §9). */
export const lastingDisks = ({ disks }: Pick<VmSpec, 'disks'>): readonly string[] =>
  disks.filter(({ ephemeral }) => !ephemeral).map(({ name }) => name);

export interface ForwardSpec {
  readonly protocol: 'tcp' | 'udp';
  readonly hostIp: string;
  /** 0 = the node chooses a free port and keeps it. */
  readonly hostPort: number;
  readonly guestPort: number;
}

export interface NicSpec {
  readonly name: string;
  readonly network: string;
  /** Absent MACs are resolved from uid + index, so they survive restarts and moves. */
  readonly mac: string;
  readonly forwards: readonly ForwardSpec[];
}

/**
 * The key of a forward among the host ports that the node chose (`hostPorts`): it keeps its port for as long as it is itself, wherever it
 * stands among the others. Of several that are alike the count tells.
 */
export function forwardKey({ name, forwards }: Pick<NicSpec, 'name' | 'forwards'>, index: number): string {
  const self = ({ protocol, hostIp, guestPort }: ForwardSpec): string => `${protocol}:${hostIp}:${guestPort}`;
  const own = forwards[index];
  invariant(own !== undefined, 'a forward of this NIC');
  const before = forwards.slice(0, index).filter((other) => other.hostPort === 0 && self(other) === self(own)).length;
  return `${name}/${self(own)}${before === 0 ? '' : `#${before}`}`;
}

/** The port that the node chose for a forward; an older version journaled it by the place of the forward. */
export const chosenPort = (
  nic: Pick<NicSpec, 'name' | 'forwards'>,
  index: number,
  hostPorts: Readonly<Record<string, number>>,
): number | undefined => hostPorts[forwardKey(nic, index)] ?? hostPorts[`${nic.name}/${index}`];

/** The port of the host that a forward has: the one declared, or the node's choice; undefined while it has made none. */
export function hostPortOf(
  nic: Pick<NicSpec, 'name' | 'forwards'>,
  index: number,
  hostPorts: Readonly<Record<string, number>>,
): number | undefined {
  const declared = nic.forwards[index]?.hostPort;
  return declared === 0 ? chosenPort(nic, index, hostPorts) : declared;
}

export interface CloudInitSpec {
  readonly userData: string | null;
  /** A network-config document: YAML text, or null for none. */
  readonly networkConfig: string | null;
  readonly sshAuthorizedKeys: readonly string[];
  readonly hostname: string | null;
}

/** What of it may hold secrets (passwords, keys of networks): shown only to who may edit the VM, else as a hash (spec §5). */
export const secretCloudInit = ['userData', 'networkConfig'] as const satisfies readonly (keyof CloudInitSpec)[];

export type HealthProbe =
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'http'; readonly port: number; readonly path: string }
  | { readonly kind: 'command'; readonly command: readonly string[] };

export interface HealthCheckSpec {
  readonly name: string;
  readonly probe: HealthProbe;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
}

export interface PlacementSpec {
  readonly node: string | null;
  readonly selector: Readonly<Record<string, string>>;
  readonly preferred: Readonly<Record<string, string>>;
  readonly affinityGroups: readonly string[];
}

export interface StopSpec {
  readonly graceSeconds: number;
  readonly onTimeout: StopTimeoutPolicy;
}

export interface VmSpec {
  readonly cpuCores: number;
  readonly memoryMib: number;
  /** Headroom for changes in place; null = none (equal to the current value). */
  readonly cpuCoresMax: number | null;
  readonly memoryMaxMib: number | null;
  readonly imageUrl: string | null;
  readonly imageSha256: string | null;
  readonly imageFormat: DiskFormat | null;
  readonly kernel: string | null;
  readonly kernelSha256: string | null;
  readonly initrd: string | null;
  readonly initrdSha256: string | null;
  readonly cmdline: string | null;
  /** Root disk size; null = the image's virtual size. */
  readonly diskGib: number | null;
  readonly disks: readonly DiskSpec[];
  readonly nics: readonly NicSpec[];
  readonly architecture: Architecture;
  readonly firmwareId: Firmware;
  readonly machine: MachineType;
  readonly accel: Accel;
  readonly runtime: RuntimeKind;
  readonly cloudInit: CloudInitSpec | null;
  readonly placement: PlacementSpec;
  readonly restartPolicy: RestartPolicy;
  readonly nodeLossPolicy: NodeLossPolicy;
  readonly driftPolicy: DriftPolicy;
  readonly onUnresponsive: UnresponsivePolicy;
  readonly stop: StopSpec;
  readonly healthChecks: readonly HealthCheckSpec[];
  readonly startAtBoot: boolean;
  readonly bootOrder: number;
  readonly dependsOn: readonly string[];
  readonly deletionProtection: boolean;
}
