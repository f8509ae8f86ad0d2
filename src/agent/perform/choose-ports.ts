import type { InstanceRecord } from '../../core/instance/record.ts';
import { Fault } from '../../core/kit/fault.ts';
import { chooseHostPorts, hasOpenForwards, portNumbersOf, servedPorts } from '../host-ports.ts';
import type { Performing } from './performing.ts';

/** Ports for forwards with `host_port: 0`: kept ones, and new ones that no other instance of this node has. */
export function choosePorts({ ctx, slot, desired }: Performing): InstanceRecord['hostPorts'] {
  if (!hasOpenForwards(desired.spec)) return {};
  const taken = new Set<number>();
  for (const other of ctx.slots.values()) {
    if (other === slot) continue;
    const spec = other.desired?.spec ?? other.record?.incarnation?.started.spec;
    if (spec !== undefined) for (const port of portNumbersOf(spec, other.record?.hostPorts ?? {})) taken.add(port);
  }
  const journaled = slot.record?.hostPorts ?? {};
  const nics = slot.evidence.facts?.nics ?? [];
  const served = servedPorts(desired.spec, nics, ctx.config.hostPorts, { taken, before: journaled });
  const given = Object.values(served);
  const others = Object.entries(journaled).filter(([, port]) => !given.includes(port));
  const kept = { ...Object.fromEntries(others), ...served };
  const ports = chooseHostPorts(desired.spec, kept, taken, ctx.config.hostPorts, ctx.deps.random.next());
  if (ports !== null) return ports;
  const { first, last } = ctx.config.hostPorts;
  throw new Fault('network_unavailable', `No free host port between ${first} and ${last}`);
}
