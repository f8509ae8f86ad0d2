import type { VmSpec } from '../../core/instance/spec.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { Runtime, RuntimeCapabilities } from '../../ports/runtime.ts';
import { slotName } from '../slot.ts';
import { type Performing, runtimeNamed } from './performing.ts';

/**
 * What an order needs of the host (accelerator, firmware, machine) is checked before anything is fetched, since no download
 * brings it. Fault `realisation_failed`, with what to do about it.
 */
export async function checkNode({ ctx, slot, desired, signal }: Performing): Promise<Runtime> {
  const runtime = runtimeNamed(ctx, desired.spec.runtime);
  const lack = lackOf(desired.spec, await runtime.capabilities(signal));
  if (lack === null) return runtime;
  const [what, next_action] = lack;
  throw new Fault('realisation_failed', `Cannot start VM "${slotName(slot)}": ${what}`, { details: { next_action } });
}

/** What the node lacks, and what to do; null = nothing. */
function lackOf(
  { accel, firmwareId, machine }: VmSpec,
  { accel: best, accelBecause, firmwares, machines, version }: RuntimeCapabilities,
): readonly [string, string] | null {
  if (accel === 'kvm' && best !== 'kvm') {
    const mend = "Declare accel auto or tcg; 'holdfast doctor' on the node says what KVM lacks";
    return [`accel is kvm, and KVM does not work on this node (${accelBecause})`, mend];
  }
  if (!firmwares.includes(firmwareId)) {
    return [`this node has no firmware ${firmwareId}`, 'Declare firmware_id seabios, or install it on the node'];
  }
  if (machines.includes(machine)) return null;
  return [
    `the hypervisor of this node (${version}) has no machine ${machine}`,
    'Declare another machine, or upgrade the hypervisor',
  ];
}
