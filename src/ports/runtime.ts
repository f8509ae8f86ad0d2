/**
 * A runtime makes instances real on one node: QEMU, cloud-hypervisor, or the fake of simulation, all held to
 * `runtime.contract.ts`. It performs and observes; it never decides. Every method is idempotent: a second call on a world
 * that is already so changes nothing. Everything on the node is keyed by uid.
 *
 * Life of an incarnation: `realise` (files) → `spawn` (process exists, frozen: no guest code runs) → the agent journals
 * the proof → `resume` (the guest is let go) → `powerDown` / `kill` → `clear` (sockets, pid file) … `remove`
 * (everything of the instance).
 */

import type { MonitorEvidence, VmFacts } from '../core/instance/evidence.ts';
import type { ProcessEvidence, ProcessProof } from '../core/instance/process.ts';
import type { VmSpec } from '../core/instance/spec.ts';
import type { IncarnationId, TimeMs, Uid } from '../core/kit/brand.ts';
import type { CachedImage } from './images.ts';

/** What a host can do with this runtime; reported to the control plane and shown by `doctor`. */
export interface RuntimeCapabilities {
  readonly kind: 'qemu' | 'cloud_hypervisor' | 'fake';
  readonly version: string;
  /** What `accel: auto` means here, with the reason ("KVM probe: guest hung after 2000 ms"). */
  readonly accel: 'kvm' | 'tcg';
  readonly accelBecause: string;
  readonly machines: readonly string[];
  readonly firmwares: readonly string[];
}

export interface InstanceRef {
  readonly uid: Uid;
  readonly name: string;
}

export interface IncarnationRef extends InstanceRef {
  readonly incarnationId: IncarnationId;
}

/** Cached artefacts an instance is made of. `root` is the disk image, absent for a kernel-only guest. */
export interface VmArtefacts {
  readonly root: CachedImage | null;
  readonly kernel: CachedImage | null;
  readonly initrd: CachedImage | null;
}

export interface RealiseRequest extends InstanceRef {
  readonly spec: VmSpec;
  readonly artefacts: VmArtefacts;
  /**
   * The root disk was made from another image than the one wanted now, or none is wanted, and whoever wanted that accepted its
   * loss: it is made anew, or removed.
   */
  readonly replaceRoot: boolean;
  /**
   * Disks that were made before, the root disk as `root`: one that is gone is `volume_unavailable`, never made anew
   * (spec §9). A root disk that is to be replaced need not be there.
   */
  readonly madeBefore: readonly string[];
}

export interface SpawnRequest extends IncarnationRef {
  readonly spec: VmSpec;
  readonly artefacts: VmArtefacts;
  /** Chosen host ports of forwards with `host_port: 0`, by `forwardKey`. */
  readonly hostPorts: Readonly<Record<string, number>>;
  /**
   * Told the proof as soon as the process exists, while its monitor is still awaited. When it fails, so does the start,
   * with its error.
   */
  readonly onProcess?: (proof: ProcessProof) => Promise<void>;
}

/** What the node has fixed or made of an instance, for a change in place. */
export interface KnownOfInstance {
  /** Chosen host ports of forwards with `host_port: 0`, by `forwardKey`. */
  readonly hostPorts: Readonly<Record<string, number>>;
  /** Data disks that were made before: never made anew. */
  readonly madeBefore: readonly string[];
}

/** A process that the runtime found by itself: the ground truth that a damaged journal is repaired from. */
export interface FoundRuntime {
  readonly uid: Uid;
  readonly incarnationId: IncarnationId | null;
  readonly name: string | null;
  readonly proof: ProcessProof | null;
}

/** One look at one incarnation. `process` is proof by pid + start time + boot id (F4); `monitor` adds the uid over the monitor. */
export interface RuntimeEvidence {
  readonly process: ProcessEvidence;
  readonly monitor: MonitorEvidence;
  /** What is provably true in the live process and its disks; null when the monitor did not answer. */
  readonly facts: VmFacts | null;
}

/** A TCP connection through a forward: not yet taken by the guest, taken by it, or over. */
export type ConnectionState = 'opening' | 'open' | 'closing';

/** Console bytes to a viewer. A slow one loses bytes with a marker; the guest never waits, and all it prints is in its log. */
export interface ConsoleAttachment {
  /** That many bytes of the log come first; what follows them is live. */
  readonly historyBytes: number;
  write(data: Uint8Array): void;
  close(): void;
}

export interface WatchListeners {
  /** The process ended, or the monitor said something (stopped, paused, panicked); a wake-up, never evidence by itself. */
  readonly change: () => void;
  /** The guest began anew, inside the process that goes on, without an order. Nobody tells of what nobody heard. */
  readonly reboot: (by: RebootBy) => void;
}

/** `guest`: of its own accord; `hand`: somebody pressed its reset button, and it was not the agent. */
export type RebootBy = 'guest' | 'hand';

export interface Runtime {
  capabilities(signal: AbortSignal): Promise<RuntimeCapabilities>;
  /** Makes directory, root disk, data disks and seed true. Never shrinks or overwrites a disk unless `replaceRoot`. Faults carry failure reason codes. */
  realise(request: RealiseRequest, signal: AbortSignal): Promise<void>;
  /** Starts the process frozen and waits for its monitor. Faults: `already_started`, `instance_locked`, `pool_full`, `hypervisor_spawn_failed`, `port_conflict`. */
  spawn(request: SpawnRequest, signal: AbortSignal): Promise<ProcessProof>;
  /** Looks; `known` is the journaled proof, null when it was never journaled (then the pid file is read). */
  observe(ref: IncarnationRef, known: ProcessProof | null, signal: AbortSignal): Promise<RuntimeEvidence>;
  watch(ref: IncarnationRef, proof: ProcessProof, on: WatchListeners): { close(): void };
  /** Lets the guest execute (also the first time). */
  resume(ref: IncarnationRef, signal: AbortSignal): Promise<void>;
  pause(ref: IncarnationRef, signal: AbortSignal): Promise<void>;
  reset(ref: IncarnationRef, signal: AbortSignal): Promise<void>;
  /** Asks the guest to power off (ACPI button); returns when asked. */
  powerDown(ref: IncarnationRef, signal: AbortSignal): Promise<void>;
  /** Ends the process by its proof, never by its monitor alone; resolves on proof of death. */
  kill(ref: IncarnationRef, proof: ProcessProof, signal: AbortSignal): Promise<void>;
  /**
   * Applies what can be changed without a restart, new disks made; the next observe shows the truth. Fault
   * `volume_unavailable` where a disk that was made before is gone.
   */
  update(ref: IncarnationRef, wanted: VmSpec, known: KnownOfInstance, signal: AbortSignal): Promise<void>;
  /** The TCP connections through the forward from this port of the host. Faults: `not_running`, `monitor_silent`. */
  connections(ref: IncarnationRef, hostPort: number, signal: AbortSignal): Promise<readonly ConnectionState[]>;
  /** Removes what an ended incarnation left (sockets, pid file, cgroup). */
  clear(ref: IncarnationRef, signal: AbortSignal): Promise<void>;
  /**
   * Those of these disks (the root disk as `root`) whose file is not there. One that cannot be looked at is taken for there: no
   * finding (spec F2).
   */
  missingDisks(ref: InstanceRef, disks: readonly string[]): Promise<readonly string[]>;
  /** Removes these data disks with what they hold; those that are not there are gone. Fault `still_running`. */
  removeDisks(ref: InstanceRef, disks: readonly string[], signal: AbortSignal): Promise<void>;
  /** Removes every file of the instance but the end of its serial log. The process must be proven dead. */
  remove(ref: InstanceRef, signal: AbortSignal): Promise<void>;
  /** Removes the logs of instances that were removed before this time. */
  dropLogs(removedBefore: TimeMs, signal: AbortSignal): Promise<void>;
  /** Every instance of this runtime on the host: directories and processes alike. */
  scan(signal: AbortSignal): Promise<readonly FoundRuntime[]>;
  /**
   * Opens a viewer: first the last `scrollbackBytes` of the log, then live output. A promise answered by `onData` says when the
   * viewer can take more; one that is too far behind skips output, with a marker. Faults: `not_running`, `too_many_viewers`.
   */
  attachConsole(
    ref: IncarnationRef,
    scrollbackBytes: number,
    onData: (data: Uint8Array) => Promise<void> | void,
    onClose: () => void,
  ): Promise<ConsoleAttachment>;
  /** Text of the serial log, at most the last `maxBytes`; also after the instance stopped or was removed. */
  readLog(ref: InstanceRef, maxBytes: number): Promise<Uint8Array>;
  /** Lets go of monitors and consoles; processes go on. Nothing else may be called afterwards. */
  close(): void;
}
