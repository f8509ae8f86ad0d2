import type { VmFacts } from '../../../core/instance/evidence.ts';
import type { VmSpec } from '../../../core/instance/spec.ts';
import type { IncarnationRef, RebootBy } from '../../../ports/runtime.ts';
import type { Viewer } from '../console-viewer.ts';
import { headroomOf, memoryFloorMib } from '../headroom.ts';
import { createFakeGuest, type FakeGuest } from './fake-guest.ts';
import type { FakeInstanceFiles, FakeWorld } from './fake-world.ts';

/** The simulated log keeps its end, as the real one does. */
const MAX_LOG_CHARS = 64 * 1024;

export type FakeNic = VmFacts['nics'][number];

/** A simulated guest with what its process was given. */
export interface FakeVm extends FakeGuest {
  readonly ref: IncarnationRef;
  readonly files: FakeInstanceFiles;
  readonly ceilings: Pick<VmFacts, 'cpuCoresMax' | 'memoryMaxMib' | 'memoryMinMib'>;
  readonly viewers: Set<Viewer>;
  readonly listeners: Set<() => void>;
  readonly rebootListeners: Set<(by: RebootBy) => void>;
  /** Without an order. */
  reboot(by: RebootBy): void;
  cpuCores: number;
  memoryMib: number;
  /** What the guest's own processes hold, which it never gives back. */
  heldMib: number;
  /** Names of attached data disks; their sizes are in the files. */
  readonly disks: string[];
  nics: readonly FakeNic[];
  /** Slots into which disks and NICs can still be plugged. */
  freePorts: number;
}

export function createFakeVm(
  world: FakeWorld,
  ref: IncarnationRef,
  spec: VmSpec,
  files: FakeInstanceFiles,
  nics: readonly FakeNic[],
): FakeVm {
  const viewers = new Set<Viewer>();
  const headroom = headroomOf(spec);
  const print = (text: string): void => {
    files.log = (files.log + text).slice(-MAX_LOG_CHARS);
    for (const viewer of viewers) viewer.push(Buffer.from(text));
  };
  const listeners = new Set<() => void>();
  const rebootListeners = new Set<(by: RebootBy) => void>();
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const guest = createFakeGuest(world, ref, spec, { print, changed });
  const reboot = (by: RebootBy): void => {
    if (!guest.isExecuting()) return;
    guest.reset();
    for (const listener of [...rebootListeners]) listener(by);
  };
  return {
    ...guest,
    reboot,
    type(text) {
      guest.type(text);
      if (guest.isBooted() && text.trim() === 'reboot') reboot('guest');
    },
    ref,
    files,
    ceilings: {
      cpuCoresMax: headroom.cpuCoresMax,
      memoryMaxMib: spec.memoryMib + headroom.growMib,
      memoryMinMib: memoryFloorMib(spec.memoryMib),
    },
    viewers,
    listeners,
    rebootListeners,
    cpuCores: spec.cpuCores,
    memoryMib: spec.memoryMib,
    heldMib: 0,
    disks: spec.disks.map(({ name }) => name),
    nics,
    freePorts: spec.machine === 'microvm' ? 0 : 4,
    end() {
      guest.end();
      const ended = [...viewers];
      viewers.clear();
      for (const viewer of ended) viewer.end();
      changed();
    },
  };
}
