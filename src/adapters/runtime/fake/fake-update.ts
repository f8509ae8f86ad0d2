import type { VmSpec } from '../../../core/instance/spec.ts';
import { Fault } from '../../../core/kit/fault.ts';
import { gibBytes } from '../../../core/kit/gib-bytes.ts';
import type { IncarnationRef, KnownOfInstance } from '../../../ports/runtime.ts';
import { callMonitor, type FakeContext } from './fake-context.ts';
import { resolveNics, takenForward } from './fake-network.ts';
import { refuseLost } from './fake-realise.ts';
import type { FakeVm } from './fake-vm.ts';
import type { FakeInstanceFiles } from './fake-world.ts';

/** Changes the live guest in place, inside the ceilings its process was started with. */
export async function updateFake(
  context: FakeContext,
  { ref, wanted, known }: { readonly ref: IncarnationRef; readonly wanted: VmSpec; readonly known: KnownOfInstance },
  signal: AbortSignal,
): Promise<void> {
  const vm = await callMonitor(context, ref, signal);
  for (const { name } of wanted.disks) {
    const isThere = vm.files.diskGib.has(name) && !vm.files.unlinked.has(name);
    if (!vm.disks.includes(name) && !isThere) refuseLost(known.madeBefore, name);
  }
  growDisks(vm.files, wanted);
  for (const { name } of wanted.disks) {
    if (vm.disks.includes(name)) continue;
    takePort(vm, `disk "${name}"`);
    vm.disks.push(name);
  }
  const nics = resolveNics(wanted, known.hostPorts);
  const taken = takenForward(context.world, nics, ref.uid);
  if (taken !== undefined) {
    const details = { host_port: taken };
    throw new Fault('port_conflict', `Cannot forward host port ${taken}: it is taken`, { details });
  }
  for (const { name } of nics) if (!vm.nics.some((nic) => nic.name === name)) takePort(vm, `NIC "${name}"`);
  vm.nics = [...nics, ...vm.nics.filter(({ name }) => !nics.some((nic) => nic.name === name))];
  vm.cpuCores = Math.max(vm.cpuCores, Math.min(wanted.cpuCores, vm.ceilings.cpuCoresMax));
  // Memory is given and taken by the guest: one that is not up yet does neither.
  const { memoryMinMib, memoryMaxMib } = vm.ceilings;
  if (vm.isBooted() && vm.state() === 'running') {
    const heldMib = Math.min(vm.heldMib, vm.memoryMib);
    vm.memoryMib = Math.max(memoryMinMib, heldMib, Math.min(wanted.memoryMib, memoryMaxMib));
  }
}

function takePort(vm: FakeVm, what: string): void {
  if (vm.freePorts === 0) {
    throw new Fault('restart_required', `Cannot attach ${what} without a restart: no free port`, { retry: 'never' });
  }
  vm.freePorts -= 1;
}

/** Grows the simulated disks to the wanted sizes; never shrinks. */
export function growDisks(files: FakeInstanceFiles, spec: VmSpec): void {
  if (files.root !== null) files.root.sizeBytes = Math.max(files.root.sizeBytes, (spec.diskGib ?? 0) * gibBytes);
  for (const { name, sizeGib } of spec.disks) files.diskGib.set(name, Math.max(files.diskGib.get(name) ?? 0, sizeGib));
}
