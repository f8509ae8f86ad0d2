/**
 * Which differences between what is wanted and what is provably there can be mended on the live process (spec §2
 * "Cost of a change", in place). Everything else waits for the next run; whether that run is due was decided when
 * the change was accepted.
 */
import { gibBytes } from '../kit/gib-bytes.ts';
import type { VmFacts } from './evidence.ts';
import { type DiskSpec, hostPortOf, type NicSpec, type VmSpec } from './spec.ts';

/** Counters decide nothing here. */
type LiveFacts = Omit<VmFacts, 'metrics'>;

/** Names of the fields that `update` would change now, in a fixed order; empty when nothing can or needs to be. */
export function inPlaceChanges(
  spec: VmSpec,
  facts: LiveFacts,
  hostPorts: Readonly<Record<string, number>>,
): readonly string[] {
  const fields: string[] = [];
  if (spec.cpuCores > facts.cpuCores && spec.cpuCores <= facts.cpuCoresMax) fields.push('cpu_cores');
  if (memoryFits(spec, facts)) fields.push('memory_mib');
  if (rootGrows(spec, facts)) fields.push('disk_gib');
  const plugged = plugging(spec, facts);
  if (plugged.disks.length > 0 || disksGrow(spec, facts)) fields.push('disks');
  if (plugged.nics.length > 0) fields.push('nics');
  if (forwardsDiffer(spec, facts, hostPorts)) fields.push('nics.forwards');
  return fields;
}

/**
 * What the live process is to be made: the wanted specification in the fields that change now, the process's own in
 * those that wait for the next start (spec §2 `defer`).
 */
export function inPlaceSpec(spec: VmSpec, facts: LiveFacts, fields: readonly string[]): VmSpec {
  const plugged = plugging(spec, facts);
  return {
    ...spec,
    cpuCores: fields.includes('cpu_cores') ? spec.cpuCores : facts.cpuCores,
    memoryMib: fields.includes('memory_mib') ? spec.memoryMib : facts.memoryMib,
    disks: spec.disks.filter((disk) => isNamed(facts.disks, disk) || plugged.disks.includes(disk)),
    nics: spec.nics.filter((nic) => isPlugged(nic, facts) || plugged.nics.includes(nic)),
  };
}

const isNamed = (list: readonly { readonly name: string }[], { name }: { readonly name: string }): boolean =>
  list.some((item) => item.name === name);

const isPlugged = ({ name, mac }: NicSpec, { nics }: LiveFacts): boolean =>
  nics.some((live) => live.name === name && live.mac === mac);

/**
 * What is not there and fits into the free slots: disks first, each in its order. A NIC that takes over the address of one that
 * goes with the next start waits for it.
 */
function plugging(
  spec: VmSpec,
  facts: LiveFacts,
): { readonly disks: readonly DiskSpec[]; readonly nics: readonly NicSpec[] } {
  const disks = spec.disks.filter((disk) => !isNamed(facts.disks, disk)).slice(0, facts.freePorts);
  const nics = spec.nics
    .filter((nic) => !isNamed(facts.nics, nic) && !facts.nics.some(({ mac }) => mac === nic.mac))
    .slice(0, facts.freePorts - disks.length);
  return { disks, nics };
}

function memoryFits(spec: VmSpec, facts: LiveFacts): boolean {
  const { memoryMib } = spec;
  return memoryMib !== facts.memoryMib && memoryMib >= facts.memoryMinMib && memoryMib <= facts.memoryMaxMib;
}

function rootGrows(spec: VmSpec, facts: LiveFacts): boolean {
  return spec.diskGib !== null && facts.rootDiskBytes !== null && spec.diskGib * gibBytes > facts.rootDiskBytes;
}

function disksGrow(spec: VmSpec, facts: LiveFacts): boolean {
  return spec.disks.some(({ name, sizeGib }) => {
    const attached = facts.disks.find((candidate) => candidate.name === name);
    return attached !== undefined && attached.sizeGib < sizeGib;
  });
}

/** Only forwards of present NICs are compared: one that is plugged comes with its own. */
function forwardsDiffer(spec: VmSpec, facts: LiveFacts, hostPorts: Readonly<Record<string, number>>): boolean {
  return spec.nics.some((nic) => {
    const live = facts.nics.find((candidate) => candidate.name === nic.name && candidate.mac === nic.mac);
    if (live === undefined) return false;
    const wanted = nic.forwards.map((forward, index) => {
      const hostPort = hostPortOf(nic, index, hostPorts) ?? 0;
      return `${forward.protocol}:${forward.hostIp}:${hostPort}:${forward.guestPort}`;
    });
    const present = live.forwards.map((f) => `${f.protocol}:${f.hostIp}:${f.hostPort}:${f.guestPort}`);
    return wanted.toSorted().join() !== present.toSorted().join();
  });
}
