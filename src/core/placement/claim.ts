/**
 * What a VM holds of its node: what is ordered, and what its live process still has. A change that waits for a restart gives
 * nothing back before it (spec §8: never oversubscribes).
 */
import { liveIncarnation } from '../instance/phase.ts';
import type { VmSpec } from '../instance/spec.ts';
import type { ObservedInstance } from '../node/observation.ts';
import { type HostPort, hostPortsOf } from './host-ports.ts';
import type { Resources } from './resources.ts';

export interface Claim extends Resources {
  readonly ports: readonly HostPort[];
}

export const claimOf = ({ cpuCores, memoryMib, nics }: Pick<VmSpec, 'cpuCores' | 'memoryMib' | 'nics'>): Claim => ({
  cpuCores,
  memoryMib,
  ports: hostPortsOf(nics),
});

/** What the live process has: as its monitor proved it last, else as it was started; null = none lives. */
export function claimOfProcess(observed: ObservedInstance): Claim | null {
  const live = liveIncarnation(observed);
  if (live === null) return null;
  const { facts, hostPorts } = observed;
  if (facts === null) return claimOf(live.startedSpec);
  // What the node chose is from a range of its own and clashes with nobody.
  const chosen = new Set(Object.values(hostPorts));
  const ports = hostPortsOf(facts.nics).filter(({ hostPort }) => !chosen.has(hostPort));
  return { cpuCores: facts.cpuCores, memoryMib: facts.memoryMib, ports };
}

/** Both together: of each resource the greater, of ports all. */
export function bothClaims(ordered: Claim, running: Claim | null): Claim {
  if (running === null) return ordered;
  const isOrdered = (port: HostPort) =>
    ordered.ports.some(
      (one) => one.hostPort === port.hostPort && one.protocol === port.protocol && one.hostIp === port.hostIp,
    );
  return {
    cpuCores: Math.max(ordered.cpuCores, running.cpuCores),
    memoryMib: Math.max(ordered.memoryMib, running.memoryMib),
    ports: [...ordered.ports, ...running.ports.filter((port) => !isOrdered(port))],
  };
}
