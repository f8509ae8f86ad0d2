import type { VmFacts } from '../../../core/instance/evidence.ts';

type Forward = VmFacts['nics'][number]['forwards'][number];

/**
 * Forwarding rules by NIC name, from the text of `info usernet` (there is no structured question for it). Networks are
 * headed by `Hub -1 (net-NAME):`, rules are the lines of `TCP[HOST_FORWARD]` and `UDP[HOST_FORWARD]`.
 */
export function parseForwards(text: string): ReadonlyMap<string, readonly Forward[]> {
  const byNic = new Map<string, Forward[]>();
  let current: Forward[] | undefined;
  for (const line of text.split('\n')) {
    const nic = /\(net-([^)]+)\):/.exec(line)?.[1];
    if (nic !== undefined) {
      current = [];
      byNic.set(nic, current);
    }
    const rule = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)\s+\S+\s+(\d+)\s/.exec(line);
    if (rule === null) continue;
    current?.push({
      protocol: rule[1] === 'TCP' ? 'tcp' : 'udp',
      // QEMU shows "any address" as a star.
      hostIp: rule[2] === '*' ? '0.0.0.0' : (rule[2] ?? ''),
      hostPort: Number(rule[3]),
      guestPort: Number(rule[4]),
    });
  }
  for (const forwards of byNic.values()) {
    forwards.sort((a, b) => a.hostPort - b.hostPort || (a.protocol < b.protocol ? -1 : 1));
  }
  return byNic;
}
