/** Fixed host ports of a VM: a resource of the node, reserved at placement (spec §2). */
import type { NicSpec } from '../instance/spec.ts';

export interface HostPort {
  readonly protocol: string;
  readonly hostIp: string;
  readonly hostPort: number;
}

/** A listener on it is one on each address of the node. */
const everyAddress = '0.0.0.0';

/** A port that the node chooses (0) cannot conflict. */
export function hostPortsOf(nics: readonly Pick<NicSpec, 'forwards'>[]): readonly HostPort[] {
  return nics.flatMap(({ forwards }) =>
    forwards
      .filter(({ hostPort }) => hostPort !== 0)
      .map(({ protocol, hostIp, hostPort }) => ({ protocol, hostIp, hostPort })),
  );
}

/** Whether two listeners cannot be on one node. */
export function portsClash(a: HostPort, b: HostPort): boolean {
  if (a.hostPort !== b.hostPort || a.protocol !== b.protocol) return false;
  return a.hostIp === b.hostIp || a.hostIp === everyAddress || b.hostIp === everyAddress;
}

/** As people write it: `tcp 127.0.0.1:8080`. */
export const hostPortText = ({ protocol, hostIp, hostPort }: HostPort): string => `${protocol} ${hostIp}:${hostPort}`;
