import { type ForwardSpec, hostPortOf, type NicSpec } from '../../core/instance/spec.ts';
import { Fault } from '../../core/kit/fault.ts';

/** A forward with its host port chosen. */
export type ResolvedForward = ForwardSpec;

/** The only network a process can have without help from the host: user mode, with forwarded ports. */
export const USER_NETWORK = 'user';

/** Fills in the ports the agent chose for `host_port: 0`, by `forwardKey`. */
export function resolveForwards(nic: NicSpec, hostPorts: Readonly<Record<string, number>>): readonly ResolvedForward[] {
  return nic.forwards.map((forward, index) => {
    const hostPort = hostPortOf(nic, index, hostPorts);
    if (hostPort === undefined) {
      throw new Fault(
        'port_conflict',
        `Cannot forward to port ${forward.guestPort} of NIC "${nic.name}": no host port was chosen`,
      );
    }
    return { ...forward, hostPort };
  });
}

/** QEMU's notation of a rule, without the guest's address (the first lease of the user network). */
export function renderForward(forward: ResolvedForward): string {
  if (!/^[0-9.]+$/.test(forward.hostIp)) {
    throw new Fault('network_unavailable', `Cannot forward from "${forward.hostIp}": not an IPv4 address`);
  }
  return `${forward.protocol}:${forward.hostIp}:${forward.hostPort}-:${forward.guestPort}`;
}

/** Identity of a rule on the host side: what `hostfwd_remove` takes. */
export function renderForwardSource(forward: Pick<ForwardSpec, 'protocol' | 'hostIp' | 'hostPort'>): string {
  return `${forward.protocol}:${forward.hostIp}:${forward.hostPort}`;
}
