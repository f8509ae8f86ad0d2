import type { Host } from '../../../ports/host.ts';
import type { FakeWorld } from './fake-world.ts';

/**
 * The host port over a simulated world. Made anew for each life of an agent: only the life that started a process
 * learns how it ended, as on a real host.
 */
export function createFakeHost(world: FakeWorld): Host {
  const children = new Set<number>();
  return {
    bootId: world.bootId(),
    cores: world.cores,
    async startProcess(request, signal) {
      signal.throwIfAborted();
      const { pid, startTime, bootId } = world.startProcess(request);
      children.add(pid);
      return { pid, startTime, bootId };
    },
    async findProcess(dir) {
      const proof = world.pidFiles.get(dir);
      if (proof === undefined) return { kind: 'none' };
      const process = world.liveProcess(proof);
      return process === undefined
        ? { kind: 'ended', pid: proof.pid }
        : { kind: 'found', proof: { ...proof }, argv: process.argv, user: null };
    },
    isLocked: async (lockFile) => world.lockHolder(lockFile) !== undefined,
    async proveProcess(proof) {
      if (world.liveProcess(proof) !== undefined) return { life: 'alive' };
      const end = children.has(proof.pid) ? world.processes.get(proof.pid)?.end : undefined;
      return { life: 'dead', exit: end?.exit ?? { kind: 'unknown' } };
    },
    async killProcess(proof, signal) {
      const process = world.liveProcess(proof);
      if (process === undefined) return false;
      // A hypervisor ends well on SIGTERM, a hung one does not hear it.
      if (signal === 'SIGKILL') world.endProcess(process, { kind: 'signal', signal });
      else if (!process.isHung) world.endProcess(process, { kind: 'code', code: 0 });
      return true;
    },
    watchExit(proof, _cgroup, onExit) {
      const process = world.liveProcess(proof);
      if (process === undefined) {
        let isClosed = false;
        queueMicrotask(() => isClosed || onExit());
        return {
          close() {
            isClosed = true;
          },
        };
      }
      process.endListeners.add(onExit);
      return { close: () => process.endListeners.delete(onExit) };
    },
    async usage(proof) {
      const process = world.liveProcess(proof);
      if (process === undefined) return undefined;
      return { cpuMs: 0, rssMib: process.vm?.memoryMib ?? 1 };
    },
    async oomKilled(cgroup) {
      return [...world.processes.values()].some(({ dir, end }) => dir.endsWith(cgroup) && end?.oomKilled === true);
    },
    async removeCgroup() {},
  };
}
