/**
 * The fields of a specification that reach the process or its disks, as pairs of what is wanted and what is provably
 * there. Defaults are resolved on both sides, so that a difference is never an empty one (spec S11).
 */
import { disksForm, nicsForm, runningSpec } from '../instance/running-spec.ts';
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
  const there = runningSpec({ started, facts: observed.facts, hostPorts: observed.hostPorts }, desired);
  const differences: FieldDifference[] = [];
  for (const [field, key] of plainFields) {
    if (desired[key] !== there[key]) differences.push({ field, desired: desired[key], observed: there[key] });
  }
  if (isRootDetached(started, observed.facts)) {
    differences.push({ field: 'root_disk', desired: 'attached', observed: 'detached' });
  }
  // What runs as ordered is spelled as ordered.
  if (there.disks !== desired.disks) {
    pushIfDifferent(differences, 'disks', disksForm(desired.disks), disksForm(there.disks));
  }
  if (there.nics !== desired.nics) {
    const { hostPorts } = observed;
    pushIfDifferent(differences, 'nics', nicsForm(desired.nics, hostPorts), nicsForm(there.nics, hostPorts));
  }
  if (!sameJson(desired.cloudInit, there.cloudInit)) {
    // Only that it changed: its secrets are never shown where it was not asked for (spec §5).
    differences.push({ field: 'cloud_init', desired: 'changed', observed: 'as started' });
  }
  return differences;
}

/** From a microvm nothing can be unplugged: what an agent of an earlier version does not see there is attached all the same. */
function isRootDetached({ imageUrl, machine }: VmSpec, facts: ObservedInstance['facts']): boolean {
  return imageUrl !== null && machine !== 'microvm' && facts !== null && facts.rootDiskBytes === null;
}

function pushIfDifferent(into: FieldDifference[], field: string, desired: Json, observed: Json): void {
  if (!sameJson(desired, observed)) into.push({ field, desired, observed });
}
