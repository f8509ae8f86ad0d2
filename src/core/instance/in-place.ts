/**
 * Which differences between what is wanted and what is provably there can be mended on the live process (spec §2 "Cost of
 * a change", in place). Everything else waits for the next run; whether that run is due was decided when the change was accepted.
 */
import type { VmFacts } from './evidence.ts';
import type { VmSpec } from './spec.ts';

const GIB = 1024 ** 3;

/** Names of the fields that `update` would change now, in a fixed order; empty when nothing can or needs to be. */
export function inPlaceChanges(
  spec: VmSpec,
  facts: VmFacts,
  hostPorts: Readonly<Record<string, number>>,
): readonly string[] {
  const fields: string[] = [];
  if (spec.cpuCores > facts.cpuCores && spec.cpuCores <= facts.cpuCoresMax) fields.push('cpu_cores');
  if (memoryFits(spec, facts)) fields.push('memory_mib');
  if (rootGrows(spec, facts)) fields.push('disk_gib');
  if (disksGrowOrAppear(spec, facts)) fields.push('disks');
  if (forwardsDiffer(spec, facts, hostPorts)) fields.push('nics.forwards');
  return fields;
}

/**
 * What the live process is to be made: the wanted specification in the fields that change now, the process's own in
 * those that wait for the next start (spec §2 `defer`).
 */
export function inPlaceSpec(spec: VmSpec, facts: VmFacts, fields: readonly string[]): VmSpec {
  return {
    ...spec,
    cpuCores: fields.includes('cpu_cores') ? spec.cpuCores : facts.cpuCores,
    memoryMib: fields.includes('memory_mib') ? spec.memoryMib : facts.memoryMib,
    nics: spec.nics.filter(({ name, mac }) => facts.nics.some((live) => live.name === name && live.mac === mac)),
  };
}

function memoryFits(spec: VmSpec, facts: VmFacts): boolean {
  const { memoryMib } = spec;
  return memoryMib !== facts.memoryMib && memoryMib >= facts.memoryMinMib && memoryMib <= facts.memoryMaxMib;
}

function rootGrows(spec: VmSpec, facts: VmFacts): boolean {
  return spec.diskGib !== null && facts.rootDiskBytes !== null && spec.diskGib * GIB > facts.rootDiskBytes;
}

function disksGrowOrAppear(spec: VmSpec, facts: VmFacts): boolean {
  return spec.disks.some((disk) => {
    const attached = facts.disks.find((candidate) => candidate.name === disk.name);
    return attached === undefined || attached.sizeGib < disk.sizeGib;
  });
}

/** A NIC that is not there yet is a restart's business; only forwards of present ones are compared. */
function forwardsDiffer(spec: VmSpec, facts: VmFacts, hostPorts: Readonly<Record<string, number>>): boolean {
  return spec.nics.some((nic) => {
    const live = facts.nics.find((candidate) => candidate.name === nic.name && candidate.mac === nic.mac);
    if (live === undefined) return false;
    const wanted = nic.forwards.map((forward, index) => {
      const hostPort = forward.hostPort === 0 ? (hostPorts[`${nic.name}/${index}`] ?? 0) : forward.hostPort;
      return `${forward.protocol}:${forward.hostIp}:${hostPort}:${forward.guestPort}`;
    });
    const present = live.forwards.map((f) => `${f.protocol}:${f.hostIp}:${f.hostPort}:${f.guestPort}`);
    return wanted.toSorted().join() !== present.toSorted().join();
  });
}
