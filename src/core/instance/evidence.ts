/**
 * Evidence: what was seen of an instance, before anybody concludes anything from it. F2: a probe has three outcomes,
 * and the inconclusive one never changes state.
 */
import type { TimeMs } from '../kit/brand.ts';
import type { FailureReason } from './failure-reason.ts';
import type { HealthEvidence } from './health.ts';
import type { ProcessEvidence, ProcessProof } from './process.ts';
import type { ResolvedImage } from './record.ts';

/** What the hypervisor's monitor said. `proof_failed`: a monitor answered, but for another uid; treated as inconclusive. */
export type MonitorEvidence =
  | { readonly kind: 'answered'; readonly state: GuestState }
  | { readonly kind: 'silent'; readonly because: string }
  | { readonly kind: 'not_asked' };

/**
 * State of the guest inside a live process. `frozen`: started, never let go. `powered_off`: the guest ended itself and
 * the process waits to be read (shutdown action pause). `io_error`: paused by its hypervisor, since the host had no room for
 * what it wrote; it repeats the write when it is let go.
 */
export type GuestState = 'frozen' | 'running' | 'paused' | 'io_error' | 'powered_off' | 'panicked' | 'internal_error';

/** Of a guest that was let go and has not ended. */
export type ExecutingState = Extract<GuestState, 'running' | 'paused' | 'io_error'>;

/**
 * A disk of a live process whose file was taken from under it. `gone`: nothing is in its place; `replaced`: another file is;
 * `unknown`: told by a newer node. What the guest writes goes to a file without a name, which ends with the process.
 */
export interface LostFile {
  readonly disk: string;
  readonly how: 'gone' | 'replaced' | 'unknown';
}

/** What is provably true of a live process and its disks (never copied from desired state: spec §2 running_hash). */
export interface VmFacts {
  readonly cpuCores: number;
  readonly memoryMib: number;
  /** Ceilings for changes in place that this process was started with. */
  readonly cpuCoresMax: number;
  readonly memoryMaxMib: number;
  /** Floor for changes in place: what the process cannot give back. */
  readonly memoryMinMib: number;
  /** Slots into which disks and NICs can still be plugged; 0 on machines without hotplug. */
  readonly freePorts: number;
  /** Names and sizes of the attached data disks, in GiB. */
  readonly disks: readonly { readonly name: string; readonly sizeGib: number }[];
  /** Null where no root disk is attached. */
  readonly rootDiskBytes: number | null;
  /** Disks whose file is not, or no more, the one the process writes to, by name; the root disk as `root`. */
  readonly lostFiles: readonly LostFile[];
  readonly nics: readonly {
    readonly name: string;
    readonly mac: string;
    readonly forwards: readonly {
      readonly protocol: 'tcp' | 'udp';
      readonly hostIp: string;
      readonly hostPort: number;
      readonly guestPort: number;
    }[];
  }[];
  /** `unknown`: told by a newer node in a word this version does not have. */
  readonly accel: 'kvm' | 'tcg' | 'unknown';
  readonly metrics: VmMetrics;
}

/**
 * Counters of one incarnation, seen from the host. Bytes since its start; `cpuUsage` in cores (1.0 = one core busy);
 * `memoryUsedMib` is what the process holds (RSS), its own memory beside the guest's included.
 */
export interface VmMetrics {
  readonly cpuUsage: number;
  readonly memoryUsedMib: number;
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
  /** Null where nobody counts (user-mode networks). */
  readonly netRxBytes: number | null;
  readonly netTxBytes: number | null;
  readonly uptimeSeconds: number;
}

/** Everything seen of one instance in one look, still unjudged. */
export interface InstanceLook {
  readonly process: ProcessEvidence;
  readonly monitor: MonitorEvidence;
  readonly facts: VmFacts | null;
  /** A process that carries this uid but is not the journaled incarnation: a start whose record was lost in a crash. */
  readonly stray: ProcessProof | null;
  /** Anything of the instance is on this node: a journal row, files, pins. */
  readonly leftovers: boolean;
}

/** The artefacts of a run that is ordered, fetched and checked while the guest of the run before goes on (ADR 14). */
export interface ArtefactsEvidence {
  /** The order they are of. */
  readonly run: number;
  readonly specHash: string;
  readonly generation: number;
  readonly state:
    | { readonly kind: 'fetching' }
    /** All are in the cache, pinned; by URL. */
    | { readonly kind: 'fetched'; readonly images: Readonly<Record<string, ResolvedImage>> }
    | { readonly kind: 'failed'; readonly reason: FailureReason };
}

/** The last look, and what is found out beside it. */
export interface InstanceEvidence extends InstanceLook {
  /** What the health checks of the live incarnation say; null without any result. */
  readonly health: HealthEvidence | null;
  /** Since when every look in this life of the agent found its monitor silent; null where the last one did not. */
  readonly silentSeenSince: TimeMs | null;
  /** Null: none were looked for in this life of the agent. */
  readonly artefacts: ArtefactsEvidence | null;
}
