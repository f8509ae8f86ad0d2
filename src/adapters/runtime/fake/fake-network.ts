import type { VmSpec } from '../../../core/instance/spec.ts';
import type { Uid } from '../../../core/kit/brand.ts';
import { Fault } from '../../../core/kit/fault.ts';
import { resolveForwards, USER_NETWORK } from '../forwards.ts';
import type { FakeNic } from './fake-vm.ts';
import type { FakeWorld } from './fake-world.ts';

/** Fault `network_unavailable` for a network that this host has not. */
export function checkNetworks(spec: VmSpec): void {
  const nic = spec.nics.find(({ network }) => network !== USER_NETWORK);
  if (nic === undefined) return;
  throw new Fault('network_unavailable', `Cannot attach NIC "${nic.name}": no network "${nic.network}" on this host`);
}

/** NICs as a process has them: every host port chosen. */
export function resolveNics(spec: VmSpec, hostPorts: Readonly<Record<string, number>>): readonly FakeNic[] {
  return spec.nics.map((nic) => ({
    name: nic.name,
    mac: nic.mac,
    forwards: resolveForwards(nic, hostPorts).toSorted((a, b) => a.hostPort - b.hostPort),
  }));
}

/** The first host port of these NICs that another live process listens on. */
export function takenForward(world: FakeWorld, nics: readonly FakeNic[], except?: Uid): number | undefined {
  // Most guests of a large fleet forward nothing: they need not be compared with all others.
  if (nics.every(({ forwards }) => forwards.length === 0)) return undefined;
  const taken = new Set(
    [...world.processes.values()]
      .filter(({ end, vm }) => end === undefined && vm !== undefined && vm.ref.uid !== except)
      .flatMap(({ vm }) => vm?.nics ?? [])
      .flatMap(({ forwards }) => forwards)
      .map(({ protocol, hostPort }) => `${protocol}:${hostPort}`),
  );
  return nics.flatMap(({ forwards }) => forwards).find(({ protocol, hostPort }) => taken.has(`${protocol}:${hostPort}`))
    ?.hostPort;
}
