import type { GuestState, VmFacts } from '../../../core/instance/evidence.ts';
import type { VmSpec } from '../../../core/instance/spec.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import type { Viewer } from '../console-viewer.ts';
import { headroomOf, memoryFloorMib } from '../headroom.ts';
import type { FakeInstanceFiles, FakeWorld } from './fake-world.ts';

/** What the simulated guest prints when it is up, as the real small guest does. */
export const FAKE_READY_TEXT = 'HOLDFAST-GUEST-READY';
/** The simulated log keeps its end, as the real one does. */
const MAX_LOG_CHARS = 64 * 1024;

export type FakeNic = VmFacts['nics'][number];

/**
 * A simulated guest in its process.
 *
 *   frozen ──resume──▶ running ⇄ paused        reset: boots anew
 *                        │
 *                        ├─ power button, once booted, or by itself ──▶ powered_off
 *                        └─ by itself ──▶ panicked
 *
 * It boots for a while, prints its line, then does what its command line says. Time passes for it only while it runs.
 */
export interface FakeVm {
  readonly ref: IncarnationRef;
  readonly files: FakeInstanceFiles;
  readonly ceilings: Pick<VmFacts, 'cpuCoresMax' | 'memoryMaxMib' | 'memoryMinMib'>;
  readonly viewers: Set<Viewer>;
  readonly listeners: Set<() => void>;
  cpuCores: number;
  memoryMib: number;
  /** Names of attached data disks; their sizes are in the files. */
  readonly disks: string[];
  nics: readonly FakeNic[];
  state(): GuestState;
  /** Booted far enough to hear the power button and to give memory back. */
  isBooted(): boolean;
  resume(): void;
  pause(): void;
  reset(): void;
  pressPowerButton(): void;
  stopBecause(state: 'powered_off' | 'panicked'): void;
  type(text: string): void;
  setHung(isHung: boolean): void;
  end(): void;
}

export function createFakeVm(
  world: FakeWorld,
  ref: IncarnationRef,
  spec: VmSpec,
  files: FakeInstanceFiles,
  nics: readonly FakeNic[],
): FakeVm {
  let state: GuestState = 'frozen';
  let isBooted = false;
  let isHung = false;
  let isEnded = false;
  /** Counts boots: steps of an earlier boot never happen. */
  let boot = 0;
  let deferred: (() => void)[] = [];
  const headroom = headroomOf(spec);

  const changed = (): void => {
    for (const listener of [...vm.listeners]) listener();
  };
  const runs = (): boolean => state === 'running' && !isHung;
  const later = (ms: number, step: () => void): void => {
    const own = boot;
    const run = (): void => {
      if (isEnded || own !== boot) return;
      if (runs()) step();
      else deferred.push(run);
    };
    void world.clock.sleep(ms).then(run);
  };
  const runDeferred = (): void => {
    if (!runs()) return;
    const steps = deferred;
    deferred = [];
    for (const step of steps) step();
  };
  const print = (text: string): void => {
    files.log = (files.log + text).slice(-MAX_LOG_CHARS);
    for (const viewer of vm.viewers) viewer.push(Buffer.from(text));
  };
  const begin = (): void => {
    boot += 1;
    isBooted = false;
    deferred = [];
    later(world.times.bootMs, () => {
      isBooted = true;
      print(`\r\n${FAKE_READY_TEXT} hostname=${ref.name}\r\n`);
      if (spec.cmdline?.includes('holdfast.panic')) vm.stopBecause('panicked');
      if (spec.cmdline?.includes('holdfast.poweroff'))
        later(world.times.shutdownMs, () => vm.stopBecause('powered_off'));
    });
  };
  const vm: FakeVm = {
    ref,
    files,
    ceilings: {
      cpuCoresMax: headroom.cpuCoresMax,
      memoryMaxMib: spec.memoryMib + headroom.growMib,
      memoryMinMib: memoryFloorMib(spec.memoryMib),
    },
    viewers: new Set(),
    listeners: new Set(),
    cpuCores: spec.cpuCores,
    memoryMib: spec.memoryMib,
    disks: spec.disks.map(({ name }) => name),
    nics,
    state: () => state,
    isBooted: () => isBooted,
    resume() {
      if (state !== 'frozen' && state !== 'paused') return;
      const isFirst = state === 'frozen';
      state = 'running';
      if (isFirst) begin();
      else runDeferred();
      changed();
    },
    pause() {
      if (state !== 'running') return;
      state = 'paused';
      changed();
    },
    reset() {
      if (state === 'running' || state === 'paused') begin();
      changed();
    },
    pressPowerButton() {
      if (!isBooted || !runs() || world.faults.ignoresPowerButton(ref.uid)) return;
      print('The system is going down\r\n');
      later(world.times.shutdownMs, () => vm.stopBecause('powered_off'));
    },
    stopBecause(next) {
      if (isEnded || (state !== 'running' && state !== 'paused')) return;
      state = next;
      changed();
    },
    type(text) {
      if (!isBooted || !runs()) return;
      const words = /^echo (.*)$/m.exec(text)?.[1];
      const sums = words?.replace(/\$\(\((\d+)\+(\d+)\)\)/g, (_, a: string, b: string) =>
        String(Number(a) + Number(b)),
      );
      print(`${text.trimEnd()}\r\n${sums === undefined ? '' : `${sums}\r\n`}`);
    },
    setHung(value) {
      isHung = value;
      runDeferred();
    },
    end() {
      isEnded = true;
      const viewers = [...vm.viewers];
      vm.viewers.clear();
      for (const viewer of viewers) viewer.end();
      changed();
    },
  };
  return vm;
}
