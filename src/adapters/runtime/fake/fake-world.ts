/**
 * One simulated host: its process table, its disks, its guests. It is the world, not the agent: it survives the agent's
 * death, and a new fake host and runtime over the same world find everything as it was. Nothing here reads real time
 * or real chance; the same calls in the same order make the same history.
 *
 * Faults are switches and deeds of the scenario: `faults` is asked before an effect, the deeds (`endProcess`, `hang`,
 * `guestPowersOff` …) happen when they are called.
 */
import type { ProcessExit, ProcessProof } from '../../../core/instance/process.ts';
import type { DiskFormat } from '../../../core/instance/spec.ts';
import type { IncarnationId, TimeMs, Uid } from '../../../core/kit/brand.ts';
import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Random } from '../../../ports/random.ts';
import type { RebootBy } from '../../../ports/runtime.ts';
import type { FakeVm } from './fake-vm.ts';

/** A process of the simulated host. */
export interface FakeProcess extends ProcessProof {
  readonly dir: string;
  readonly lockFile: string;
  readonly argv: readonly string[];
  /** Set when it has ended. */
  end: { readonly exit: ProcessExit; readonly oomKilled: boolean } | undefined;
  /** Lives, but executes nothing and answers nobody. */
  isHung: boolean;
  readonly endListeners: Set<() => void>;
  /** The guest inside, once the runtime gave it one. */
  vm: FakeVm | undefined;
}

/** Files of one instance on the simulated disk. */
export interface FakeInstanceFiles {
  name: string;
  root: { readonly sha256: string; readonly format: DiskFormat; sizeBytes: number; readonly madeAs: string } | null;
  readonly diskGib: Map<string, number>;
  /** Directories of incarnations. */
  readonly incarnations: Set<IncarnationId>;
  log: string;
  /** Disks whose files were removed under the live process: it still has them, no later one will. */
  readonly unlinked: Set<string>;
}

/** Questions the world asks the scenario before an effect. */
export interface FakeFaults {
  /** The hypervisor does not start. */
  spawnFails(uid: Uid): boolean;
  /** Making disks fails with this failure reason code. */
  realiseFails(uid: Uid): string | undefined;
  /** The process lives and runs its guest, but its monitor answers nobody. */
  monitorSilent(uid: Uid): boolean;
  ignoresPowerButton(uid: Uid): boolean;
  /** The disk of the host is full. */
  hasNoRoom(): boolean;
  /** Whatever the guest should serve does not answer as it should. */
  failsChecks(uid: Uid): boolean;
}

/** Times of the simulated guest, in milliseconds of simulated time. */
export interface FakeTimes {
  readonly bootMs: number;
  readonly shutdownMs: number;
}

export interface FakeWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly times: FakeTimes;
  readonly cores: number;
  faults: FakeFaults;
  bootId(): string;
  readonly processes: ReadonlyMap<number, FakeProcess>;
  readonly instances: Map<Uid, FakeInstanceFiles>;
  /** Of removed instances. */
  readonly keptLogs: Map<Uid, { readonly text: string; readonly at: TimeMs }>;
  /** Pid files by directory: left until the directory is cleared. */
  readonly pidFiles: Map<string, ProcessProof>;
  /** Starts a process. Faults: `already_started`, `instance_locked`. */
  startProcess(request: Pick<FakeProcess, 'dir' | 'lockFile' | 'argv'>): FakeProcess;
  /** The live process that holds the lock. */
  lockHolder(lockFile: string): FakeProcess | undefined;
  liveProcess(proof: ProcessProof): FakeProcess | undefined;
  endProcess(process: FakeProcess, exit: ProcessExit, oomKilled?: boolean): void;
  /** Live processes with a guest of this instance; more than one is what must never be. */
  vmProcesses(uid: Uid): readonly FakeProcess[];
  hang(uid: Uid): void;
  wake(uid: Uid): void;
  guestPowersOff(uid: Uid): void;
  guestPanics(uid: Uid): void;
  guestReboots(uid: Uid, by?: RebootBy): void;
  /** Somebody pauses the guest behind the agent's back. */
  guestIsPaused(uid: Uid): void;
  /** It writes more than its disks have taken from the host so far. */
  guestWrites(uid: Uid): void;
  /** Power fails and comes back: every process is gone, disks stay, the boot id is another one. */
  rebootHost(): void;
}

const noFaults: FakeFaults = {
  spawnFails: () => false,
  realiseFails: () => undefined,
  monitorSilent: () => false,
  ignoresPowerButton: () => false,
  hasNoRoom: () => false,
  failsChecks: () => false,
};

/** Clock ticks of the kernel: hundredths of a second. */
const MS_PER_TICK = 10;
const FIRST_PID = 1_000;

export function createFakeWorld(
  deps: { readonly clock: Clock; readonly random: Random },
  config: { readonly cores?: number; readonly times?: Partial<FakeTimes> } = {},
): FakeWorld {
  const processes = new Map<number, FakeProcess>();
  const pidFiles = new Map<string, ProcessProof>();
  /** The last process that took each lock; it holds it while it lives. */
  const lockTakers = new Map<string, FakeProcess>();
  let bootId = deps.random.uuid();
  let nextPid = FIRST_PID;

  const live = (): readonly FakeProcess[] => [...processes.values()].filter(({ end }) => end === undefined);
  const world: FakeWorld = {
    ...deps,
    times: { bootMs: 2_300, shutdownMs: 2_000, ...config.times },
    cores: config.cores ?? 2,
    faults: noFaults,
    bootId: () => bootId,
    ...{ processes, pidFiles },
    instances: new Map(),
    keptLogs: new Map(),
    startProcess(request) {
      if (world.lockHolder(request.lockFile) !== undefined) {
        throw new Fault('instance_locked', 'Cannot start the process: another process of this instance holds its lock');
      }
      if (pidFiles.has(request.dir)) {
        throw new Fault('already_started', 'Cannot start the process: it was started before', { retry: 'never' });
      }
      const proof = { pid: nextPid++, startTime: Math.floor(deps.clock.bootMs() / MS_PER_TICK), bootId };
      const started = { end: undefined, isHung: false, endListeners: new Set<() => void>(), vm: undefined };
      const process: FakeProcess = { ...proof, ...request, ...started };
      processes.set(process.pid, process);
      lockTakers.set(process.lockFile, process);
      pidFiles.set(request.dir, proof);
      return process;
    },
    lockHolder(lockFile) {
      const taker = lockTakers.get(lockFile);
      return taker?.end === undefined ? taker : undefined;
    },
    liveProcess(proof) {
      const process = processes.get(proof.pid);
      const isSame =
        process?.startTime === proof.startTime && process.bootId === proof.bootId && bootId === proof.bootId;
      return isSame && process.end === undefined ? process : undefined;
    },
    endProcess(process, exit, oomKilled = false) {
      if (process.end !== undefined) return;
      process.end = { exit, oomKilled };
      process.vm?.end();
      const listeners = [...process.endListeners];
      process.endListeners.clear();
      for (const listener of listeners) listener();
    },
    vmProcesses: (uid) => live().filter(({ vm }) => vm?.ref.uid === uid),
    hang: (uid) => each(uid, (process) => setHung(process, true)),
    wake: (uid) => each(uid, (process) => setHung(process, false)),
    guestPowersOff: (uid) => each(uid, ({ vm }) => vm?.stopBecause('powered_off')),
    guestPanics: (uid) => each(uid, ({ vm }) => vm?.stopBecause('panicked')),
    guestReboots: (uid, by = 'guest') => each(uid, ({ vm }) => vm?.reboot(by)),
    guestIsPaused: (uid) => each(uid, ({ vm }) => vm?.pause()),
    guestWrites: (uid) => each(uid, ({ vm }) => vm?.write()),
    rebootHost() {
      for (const process of live()) world.endProcess(process, { kind: 'unknown' });
      bootId = deps.random.uuid();
    },
  };
  const each = (uid: Uid, act: (process: FakeProcess) => void): void => world.vmProcesses(uid).forEach(act);
  return world;
}

function setHung(process: FakeProcess, isHung: boolean): void {
  process.isHung = isHung;
  process.vm?.setHung(isHung);
}
