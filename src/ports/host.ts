/**
 * What an agent needs from the machine below it: processes that outlive the agent, proof of their life and death,
 * exclusive locks. One implementation for Linux (`adapters/host`), one for simulation. Runtimes are built on it, so every
 * process of every runtime is started, proven and killed in one place.
 */
import type { ProcessExit, ProcessProof } from '../core/instance/process.ts';

/** F2: three outcomes. Inconclusive never changes state. A zombie is dead. `unknown` exit is normal for adopted processes. */
export type ProcessLife =
  | { readonly life: 'alive' }
  | { readonly life: 'dead'; readonly exit: ProcessExit }
  | { readonly life: 'inconclusive'; readonly because: string };

export interface StartProcess {
  /** Directory of the incarnation: pid file (exclusive create: a second start in it is impossible), stderr log, sockets. */
  readonly dir: string;
  /** Lock held by the process for life, one per instance; a start while it is held fails with `instance_locked`. */
  readonly lockFile: string;
  /** Program and arguments; never passed through a shell as text (spec §12). */
  readonly argv: readonly string[];
  /** Appended to; never a pipe, so that the process survives its starter. */
  readonly stdoutFile: string;
  readonly stderrFile: string;
  /** Unprivileged user to run as where the agent is root; null = the agent's own. */
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] } | null;
  /** Name of the process's own cgroup below the agent's; null where cgroups cannot be used. */
  readonly cgroup: string | null;
}

/** What a start left behind, seen by somebody who did not make it: the pid file, and the proof where the process lives. */
export type FoundProcess =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'found';
      readonly proof: ProcessProof;
      /** As the process shows it: one that was taken over can make it say anything, or nothing. */
      readonly argv: readonly string[];
      /** The user it runs under, which it cannot change; null where the host does not tell. */
      readonly user: number | null;
    }
  | { readonly kind: 'ended'; readonly pid: number };

export interface Host {
  readonly bootId: string;
  /** Logical cores; the named limit of starts in flight. */
  readonly cores: number;
  /**
   * Starts a process that outlives the agent, in its own session, through a fixed exec chain. Resolves with the proof.
   * Faults: `already_started` (pid file exists), `instance_locked`, `pool_full`, `spawn_failed` (details: exit_code, stderr_tail).
   */
  startProcess(request: StartProcess, signal: AbortSignal): Promise<ProcessProof>;
  /** Reads the pid file of a start whose result was lost. */
  findProcess(dir: string): Promise<FoundProcess>;
  /** Whether anybody holds the instance lock now. */
  isLocked(lockFile: string): Promise<boolean>;
  proveProcess(proof: ProcessProof): Promise<ProcessLife>;
  /** Sends the signal only to the proven process; false when it was already dead. */
  killProcess(proof: ProcessProof, signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean>;
  /** Calls `onExit` once when the process has ended (within 100 ms: spec S18), for children and adopted processes alike. */
  watchExit(proof: ProcessProof, cgroup: string | null, onExit: () => void): { close(): void };
  /** CPU time used (ms) and resident memory of the proven process; undefined when it is gone. */
  usage(proof: ProcessProof): Promise<{ readonly cpuMs: number; readonly rssMib: number } | undefined>;
  /** True when the kernel killed something in this cgroup for lack of memory. */
  oomKilled(cgroup: string): Promise<boolean>;
  /** Removes the (empty) cgroup of an ended process. */
  removeCgroup(cgroup: string): Promise<void>;
}
