/**
 * The machine below the agent, for Linux: processes that outlive the agent, proof of their life and death, locks.
 *
 * No native addon: a process is started by a fixed chain of programs that exec one another (exec-chain.ts), its exit is
 * noticed by inotify on its cgroup (watch-exit.ts), its life is proven by /proc (prove-process.ts), and its
 * instance's lock is a flock inherited through the chain (lock-file.ts). One file a verb; this one only puts them
 * together.
 */
import { availableParallelism } from 'node:os';
import type { ProcessProof } from '../../core/instance/process.ts';
import type { Host } from '../../ports/host.ts';
import { readBootId } from './boot-id.ts';
import { type CgroupRoot, type Cgroups, createCgroups, findCgroupRoots } from './cgroup.ts';
import { createChildren } from './children.ts';
import { findProcess } from './find-process.ts';
import { killProcess } from './kill-process.ts';
import { isLocked } from './lock-file.ts';
import { readProcStat } from './proc-stat.ts';
import { isAlive, proveProcess } from './prove-process.ts';
import { startProcess } from './start-process.ts';
import { usage } from './usage.ts';
import { createExitWatcher } from './watch-exit.ts';

export interface HostConfig {
  /** Where cgroups may be made; default: below the agent's own, in the hierarchies that are mounted. Empty = none. */
  readonly cgroupRoots?: readonly CgroupRoot[];
}

export function createHost(config: HostConfig = {}): Host {
  const bootId = readBootId();
  const children = createChildren();
  const roots = config.cgroupRoots ?? findCgroupRoots();
  const cgroups = createCgroups(roots);
  const exits = createExitWatcher(bootId, children, roots);
  return {
    bootId,
    cores: availableParallelism(),
    startProcess: (request, signal) => startProcess({ bootId, children, cgroups }, request, signal),
    findProcess: async (dir) => findProcess(bootId, dir),
    isLocked: async (lockFile) => isLocked(lockFile),
    proveProcess: (proof) => proveProcess(bootId, children, proof),
    killProcess: async (proof, signal) => killProcess(bootId, proof, signal),
    watchExit(proof, cgroup, onExit) {
      if (cgroup !== null && proof.bootId === bootId) joinBelated(cgroups, cgroup, proof).catch(() => undefined);
      return exits.watch(proof, onExit);
    },
    usage: async (proof) => usage(bootId, proof),
    oomKilled: async (cgroup) => cgroups.oomKilled(cgroup),
    removeCgroup: (cgroup) => cgroups.remove(cgroup),
  };
}

/**
 * An agent that died while it moved a process into its cgroup left it outside. Until the next agent's life its exit is
 * then found by looking, so a refusal costs nothing.
 */
async function joinBelated(cgroups: Cgroups, name: string, proof: ProcessProof): Promise<void> {
  if (cgroups.holds(name, proof.pid) || !isAlive(readProcStat(proof.pid), proof)) return;
  await cgroups.join(name, proof.pid);
}
