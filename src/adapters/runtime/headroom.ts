import type { VmSpec } from '../../core/instance/spec.ts';

/** virtio-mem plugs in blocks; 4 MiB is a multiple of every block size QEMU chooses on x86. */
export const MEMORY_BLOCK_MIB = 4;

/**
 * A Linux guest takes memory from the device only where a whole memory block of its own lies inside the device: 128 MiB,
 * and up to 2 GiB once its memory ends at 64 GiB or beyond (2 GiB of it may lie above the hole below 4 GiB).
 */
export const guestBlockMib = (bootMib: number): number => (bootMib < 62 * 1_024 ? 128 : 2_048);

/** What a guest can take of a device of this size. */
export const usableGrowMib = (bootMib: number, deviceMib: number): number =>
  Math.floor(deviceMib / guestBlockMib(bootMib)) * guestBlockMib(bootMib);

/**
 * The balloon takes back half of what a guest booted with at most: below that guests kill their own processes for
 * memory.
 */
export const memoryFloorMib = (bootMib: number): number => Math.max(32, Math.ceil(bootMib / 2));

/** Ceilings a process is started with. microvm has no hotplug, so there they are the current values. */
export interface Headroom {
  readonly cpuCoresMax: number;
  /** Size of the virtio-mem device, in whole memory blocks of the guest, so that it can take all that is declared; 0 = none. */
  readonly growMib: number;
}

export function headroomOf(spec: VmSpec): Headroom {
  if (spec.machine === 'microvm') return { cpuCoresMax: spec.cpuCores, growMib: 0 };
  const grow = Math.max(0, (spec.memoryMaxMib ?? spec.memoryMib) - spec.memoryMib);
  const block = guestBlockMib(spec.memoryMib);
  return {
    cpuCoresMax: Math.max(spec.cpuCores, spec.cpuCoresMax ?? 0),
    growMib: Math.ceil(grow / block) * block,
  };
}

/**
 * How to show a guest `wantedMib` of memory: blocks plugged above what it booted with, then the balloon takes back
 * what is too much (it works page by page, and it is the only way below the boot size).
 */
export function planMemory(
  bootMib: number,
  growMib: number,
  wantedMib: number,
): { readonly pluggedMib: number; readonly balloonTargetMib: number } {
  const wanted = Math.max(1, Math.min(wantedMib, bootMib + growMib));
  const pluggedMib = Math.ceil(Math.max(0, wanted - bootMib) / MEMORY_BLOCK_MIB) * MEMORY_BLOCK_MIB;
  return { pluggedMib, balloonTargetMib: wanted - pluggedMib };
}
