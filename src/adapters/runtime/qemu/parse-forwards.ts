import type { VmFacts } from '../../../core/instance/evidence.ts';

/** A line of a rule has about 80; what is longer is cut, so that no text takes long to read. */
const MAX_LINE_CHARS = 256;
/** Rules of one NIC that are told of; a declared one has far fewer. */
const MAX_RULES = 1_024;

type Forward = VmFacts['nics'][number]['forwards'][number];

/**
 * Forwarding rules by NIC name, from the text of `info usernet` (there is no structured question for it). Networks are
 * headed by `Hub -1 (net-NAME):`, rules are the lines of `TCP[HOST_FORWARD]` and `UDP[HOST_FORWARD]`.
 */
export function parseForwards(text: string): ReadonlyMap<string, readonly Forward[]> {
  const byNic = new Map<string, Forward[]>();
  let current: Forward[] | undefined;
  for (const whole of text.split('\n')) {
    const line = whole.slice(0, MAX_LINE_CHARS);
    const nic = /\(net-([^)]+)\):/.exec(line)?.[1];
    if (nic !== undefined) {
      current = [];
      byNic.set(nic, current);
    }
    const rule = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d{1,5})\s+\S+\s+(\d{1,5})\s/.exec(line);
    if (rule === null || current === undefined || current.length >= MAX_RULES) continue;
    current.push({
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
