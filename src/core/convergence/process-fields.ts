/**
 * The fields of a specification that reach the process or its disks, as pairs of what is wanted and what is provably
 * there. The truth is what the node started from, overlaid by the facts its monitor gave; defaults are resolved on both
 * sides, so that a difference is never an empty one (spec S11).
 */
import type { VmFacts } from '../instance/evidence.ts';
import type { VmSpec } from '../instance/spec.ts';
import type { Json } from '../kit/json.ts';
import { sameJson } from '../kit/same-json.ts';
import type { ObservedInstance } from '../node/observation.ts';

export interface FieldDifference {
  readonly field: string;
  readonly desired: Json;
  readonly observed: Json;
}

type Plain = Exclude<
  keyof VmSpec,
  | 'disks'
  | 'nics'
  | 'cloudInit'
  | 'placement'
  | 'stop'
  | 'healthChecks'
  | 'dependsOn'
  | 'nodeLossPolicy'
  | 'restartPolicy'
  | 'driftPolicy'
  | 'onUnresponsive'
  | 'startAtBoot'
  | 'bootOrder'
  | 'deletionProtection'
>;

/** In the order of the document. */
const plainFields: readonly (readonly [string, Plain])[] = [
  ['cpu_cores', 'cpuCores'],
  ['memory_mib', 'memoryMib'],
  ['cpu_cores_max', 'cpuCoresMax'],
  ['memory_max_mib', 'memoryMaxMib'],
  ['image_url', 'imageUrl'],
  ['image_sha256', 'imageSha256'],
  ['image_format', 'imageFormat'],
  ['architecture', 'architecture'],
  ['firmware_id', 'firmwareId'],
  ['machine', 'machine'],
  ['accel', 'accel'],
  ['kernel', 'kernel'],
  ['kernel_sha256', 'kernelSha256'],
  ['initrd', 'initrd'],
  ['initrd_sha256', 'initrdSha256'],
  ['cmdline', 'cmdline'],
  ['disk_gib', 'diskGib'],
  ['runtime', 'runtime'],
];

/** Every such field in which `desired` differs from what is there. */
export function differingFields(desired: VmSpec, observed: ObservedInstance): readonly FieldDifference[] {
  const started = observed.incarnation?.startedSpec;
  if (started === undefined) return [];
  const there = overlayFacts(started, observed, desired);
  const differences: FieldDifference[] = [];
  for (const [field, key] of plainFields) {
    if (desired[key] !== there[key]) differences.push({ field, desired: desired[key], observed: there[key] });
  }
  pushIfDifferent(differences, 'disks', disksOf(desired), disksOf(there));
  pushIfDifferent(differences, 'nics', nicsOf(desired, observed.hostPorts), nicsOf(there, observed.hostPorts));
  if (!sameJson(desired.cloudInit, there.cloudInit)) {
    // Only that it changed: user_data is never shown where it was not asked for (spec §5).
    differences.push({ field: 'cloud_init', desired: 'changed', observed: 'as started' });
  }
  return differences;
}

function pushIfDifferent(into: FieldDifference[], field: string, desired: Json, observed: Json): void {
  if (!sameJson(desired, observed)) into.push({ field, desired, observed });
}

const gibBytes = 1024 ** 3;

/** What the monitor proved wins over what the process was started from. */
function overlayFacts(started: VmSpec, observed: ObservedInstance, desired: VmSpec): VmSpec {
  const facts = observed.facts;
  if (facts === null) return started;
  return {
    ...started,
    cpuCores: facts.cpuCores,
    memoryMib: facts.memoryMib,
    diskGib: rootGib(started, desired, facts),
    disks: facts.disks.map(({ name, sizeGib }) => ({
      ...(started.disks.find((disk) => disk.name === name) ?? {
        pool: 'default',
        ephemeral: false,
        readOnly: false,
      }),
      name,
      sizeGib,
    })),
    nics: overlayNics(started.nics, facts.nics, desired.nics),
  };
}

/** NICs as they were started, without those taken out; one that was plugged in counts where it is declared. */
function overlayNics(
  started: VmSpec['nics'],
  live: NonNullable<ObservedInstance['facts']>['nics'],
  desired: VmSpec['nics'],
): VmSpec['nics'] {
  const there = started.flatMap((nic) => {
    const found = live.find(({ name }) => name === nic.name);
    return found === undefined ? [] : [{ ...nic, mac: found.mac, forwards: found.forwards }];
  });
  for (const [index, { name }] of desired.entries()) {
    const plugged = live.find((nic) => nic.name === name);
    if (plugged === undefined || there.some((nic) => nic.name === name)) continue;
    there.splice(index, 0, { ...plugged, network: 'user' });
  }
  return there;
}

/** A size that nobody asks for is that of the image, whatever it is; one that is asked for is compared with the disk itself. */
function rootGib(started: VmSpec, desired: VmSpec, { rootDiskBytes }: Pick<VmFacts, 'rootDiskBytes'>): number | null {
  return desired.diskGib === null || rootDiskBytes === null ? started.diskGib : Math.floor(rootDiskBytes / gibBytes);
}

/** Disks are compared as sets; what the process does not know of them (pool, ephemeral) is no difference. */
function disksOf(spec: VmSpec): Json {
  return spec.disks
    .map((disk) => ({ name: disk.name, size_gib: disk.sizeGib }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A host port that the node chose stands for the 0 that asked for it. */
function nicsOf(spec: VmSpec, hostPorts: Readonly<Record<string, number>>): Json {
  return spec.nics.map((nic) => ({
    name: nic.name,
    network: nic.network,
    mac: nic.mac.toLowerCase(),
    forwards: nic.forwards
      .map((forward, index) => ({
        protocol: forward.protocol,
        host_ip: forward.hostIp,
        host_port: forward.hostPort === 0 ? (hostPorts[`${nic.name}/${index}`] ?? 0) : forward.hostPort,
        guest_port: forward.guestPort,
      }))
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  }));
}
