import type { FakeVm } from '../../adapters/runtime/fake/fake-vm.ts';
import { isLive, proofOf } from '../../core/instance/incarnation.ts';
import type { InstanceRecord } from '../../core/instance/record.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import type { Order } from '../history-order.ts';
import type { SimNode } from '../sim-node.ts';
import type { Checker } from './checker.ts';

/**
 * Spec S2b: `observed_generation` is never journaled, and so never reported, before it is true, and never goes back. The
 * moment it grows, the host is compared with the order of that generation.
 */
export const realised: Checker = {
  name: 'realised',
  afterStep(world) {
    for (const { node, before, after } of world.recorded()) {
      const { uid, name, observedGeneration } = after;
      const said = `generation ${observedGeneration} of ${name} is observed on ${node.name}`;
      const was = before?.observedGeneration ?? 0;
      if (observedGeneration < was) return `${said}, before that ${was} was`;
      if (observedGeneration > after.seenGeneration)
        return `${said}, the newest it has seen is ${after.seenGeneration}`;
      const order = world.history.orderOf(uid, observedGeneration);
      if (observedGeneration === was || order === undefined) continue;
      const lacking = whatLacks(node, after, order);
      if (lacking !== null) return `${said}, but ${lacking}`;
    }
    return null;
  },
};

function whatLacks(node: SimNode, record: InstanceRecord, order: Order): string | null {
  const lives = node.world.vmProcesses(record.uid).length;
  switch (order.phase) {
    case 'deleted':
      return 'what is deleted has no record';
    case 'stopped':
      return lives === 0 ? null : `stopped is wanted and ${lives} processes live`;
    case 'running':
      return whatLacksOfRun(node, record, order);
  }
}

function whatLacksOfRun(node: SimNode, record: InstanceRecord, order: Order): string | null {
  const { incarnation, runEnded } = record;
  if (runEnded !== null && runEnded.run >= order.run) return null;
  if (incarnation === null || !isLive(incarnation.state)) return 'no incarnation is live';
  const { run, state } = incarnation;
  if (run !== order.run) return `the live incarnation is of run ${run}, not ${order.run}`;
  const wanted = order.paused ? 'paused' : 'running';
  // Under `detect` a guest that somebody else paused or let go is left as it is, and reported.
  if (state.kind !== wanted && order.spec.driftPolicy !== 'detect') return `it is ${state.kind}, not ${wanted}`;
  const process = node.world.processes.get(proofOf(state)?.pid ?? 0);
  if (process === undefined) return 'its process never was';
  return process.end !== undefined || process.vm === undefined ? null : whatDiffers(process.vm, order.spec);
}

/** Fields that the live process could be given in place, so that none of them is deferred. */
function whatDiffers(vm: FakeVm, spec: VmSpec): string | null {
  const { cpuCoresMax, memoryMaxMib, memoryMinMib } = vm.ceilings;
  const { memoryMib, cpuCores } = spec;
  if (memoryMib !== vm.memoryMib && memoryMib >= memoryMinMib && memoryMib <= memoryMaxMib) {
    return `memory is ${vm.memoryMib} MiB, not ${memoryMib}`;
  }
  if (cpuCores > vm.cpuCores && cpuCores <= cpuCoresMax) return `it has ${vm.cpuCores} cores, not ${cpuCores}`;
  for (const { name, sizeGib } of spec.disks) {
    const has = vm.disks.includes(name) ? (vm.files.diskGib.get(name) ?? 0) : 0;
    if (has < sizeGib) return `disk ${name} has ${has} GiB, not ${sizeGib}`;
  }
  for (const { name, mac, forwards } of spec.nics) {
    const nic = vm.nics.find((live) => live.name === name && live.mac === mac);
    const guestPorts = (list: readonly { readonly guestPort: number }[]): string =>
      list
        .map(({ guestPort }) => guestPort)
        .toSorted()
        .join();
    if (nic !== undefined && guestPorts(nic.forwards) !== guestPorts(forwards)) {
      return `${name} forwards to ${guestPorts(nic.forwards)}, not ${guestPorts(forwards)}`;
    }
  }
  return null;
}
