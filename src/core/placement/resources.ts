/**
 * What a node has to give and what a VM takes of it (spec §8). A placed VM holds its share until its node has reported
 * its removal, also while it is stopped: it is pinned there, so a later `start` must find its memory.
 *
 *   allocatable = (capacity − host reserve) × overcommit ratio        demand = what the VM declares + overhead
 */
import type { VmSpec } from '../instance/spec.ts';

export interface Resources {
  readonly cpuCores: number;
  readonly memoryMib: number;
}

export interface CapacityLimits {
  /** Guest cores promised for each core of the host. Idle guests share well; 16 is what most clouds begin with. */
  readonly cpuOvercommit: number;
  /** MiB promised for each MiB of the host. Above 1 guests may be killed by the host when all use what they were given. */
  readonly memoryOvercommit: number;
  /** What the host keeps for itself: its own system, the agent, the page cache. */
  readonly hostReserve: Resources;
  /** What a hypervisor needs beside the guest: translated code, device state, buffers. Measured: 40–60 MiB. */
  readonly vmOverhead: Resources;
}

export const defaultCapacityLimits: CapacityLimits = {
  cpuOvercommit: 16,
  memoryOvercommit: 1,
  hostReserve: { cpuCores: 0, memoryMib: 512 },
  vmOverhead: { cpuCores: 0, memoryMib: 64 },
};

export const nothing: Resources = { cpuCores: 0, memoryMib: 0 };

export function allocatableOf(capacity: Resources, limits: CapacityLimits): Resources {
  const { hostReserve, cpuOvercommit, memoryOvercommit } = limits;
  return {
    cpuCores: Math.floor(Math.max(0, capacity.cpuCores - hostReserve.cpuCores) * cpuOvercommit),
    memoryMib: Math.floor(Math.max(0, capacity.memoryMib - hostReserve.memoryMib) * memoryOvercommit),
  };
}

export function demandOf(spec: Pick<VmSpec, 'cpuCores' | 'memoryMib'>, { vmOverhead }: CapacityLimits): Resources {
  return { cpuCores: spec.cpuCores + vmOverhead.cpuCores, memoryMib: spec.memoryMib + vmOverhead.memoryMib };
}

export const plus = (a: Resources, b: Resources): Resources => ({
  cpuCores: a.cpuCores + b.cpuCores,
  memoryMib: a.memoryMib + b.memoryMib,
});

export const minus = (a: Resources, b: Resources): Resources => ({
  cpuCores: a.cpuCores - b.cpuCores,
  memoryMib: a.memoryMib - b.memoryMib,
});

/** What is missing of each resource; null = it fits. Nothing is short of a resource that is not asked for. */
export function shortageOf(demand: Resources, free: Resources): Resources | null {
  const short = (key: keyof Resources): number => (demand[key] <= 0 ? 0 : Math.max(0, demand[key] - free[key]));
  const missing = { cpuCores: short('cpuCores'), memoryMib: short('memoryMib') };
  return missing.cpuCores === 0 && missing.memoryMib === 0 ? null : missing;
}

/** `1 cpu core and 300 MiB of memory`; resources of which there are none are left out. */
export function resourcesText({ cpuCores, memoryMib }: Resources): string {
  const cores = cpuCores === 0 ? [] : [`${cpuCores} cpu ${cpuCores === 1 ? 'core' : 'cores'}`];
  const memory = memoryMib === 0 ? [] : [`${memoryMib} MiB of memory`];
  return [...cores, ...memory].join(' and ');
}

/** As documents spell them. */
export const resourceFields = ({ cpuCores, memoryMib }: Resources) => ({ cpu_cores: cpuCores, memory_mib: memoryMib });
