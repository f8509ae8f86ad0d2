/** Rules of a VM document over its NICs: addresses and ports that two of them would hold. */
import { vmDefaults } from '../../core/instance/resolve-spec.ts';
import { type HostPort, portsClash } from '../../core/placement/host-ports.ts';
import { brief, type PathPart, renderPath } from './offence.ts';
import { isSet, type RawObject, rawNumber, rawObjects, rawText } from './raw.ts';
import type { Report } from './rule-report.ts';

interface HeldPort extends HostPort {
  readonly where: string;
}

export function checkNetwork(vm: RawObject, report: Report): void {
  const macs = new Map<string, number>();
  const held: HeldPort[] = [];
  for (const [index, nic] of rawObjects(vm['nics'])) {
    const mac = rawText(nic['mac'])?.toLowerCase();
    const first = mac === undefined ? undefined : macs.get(mac);
    if (mac !== undefined && first === undefined) macs.set(mac, index);
    if (first !== undefined)
      report(['nics', index, 'mac'], 'duplicate', `This MAC is already used by $.nics[${first}]`, 'unique in $.nics');
    for (const [at, forward] of rawObjects(nic['forwards']))
      checkForward(forward, ['nics', index, 'forwards', at], held, report);
  }
}

function checkForward(forward: RawObject, path: readonly PathPart[], held: HeldPort[], report: Report): void {
  const hostPort = rawNumber(forward['host_port'], vmDefaults.hostPort);
  const hostIp = isSet(forward['host_ip']) ? rawText(forward['host_ip']) : vmDefaults.hostIp;
  const protocol = String(forward['protocol'] ?? vmDefaults.protocol);
  if (hostPort === undefined || hostIp === undefined || hostPort === 0) return;
  const port: HostPort = { protocol, hostIp, hostPort };
  const other = held.find((one) => portsClash(one, port));
  if (other === undefined) {
    held.push({ where: renderPath(path), ...port });
    return;
  }
  const message = `Host port ${hostPort}/${brief(protocol)} is already forwarded by ${other.where}`;
  report([...path, 'host_port'], 'duplicate', message, 'a free port, or 0 for any');
}
