import type { ObservedInstance } from '../../core/node/observation.ts';
import type * as wire from '../generated/node.ts';
import { accelCodec, lostHowCodec, protocolCodec } from './enums.ts';
import { fromWide, toWide } from './scalars.ts';

type Facts = NonNullable<ObservedInstance['facts']>;

export function factsToWire(facts: Facts, to: wire.Facts): void {
  to.cpuCores = facts.cpuCores;
  to.memoryMib = toWide(facts.memoryMib);
  to.cpuCoresMax = facts.cpuCoresMax;
  to.memoryMaxMib = toWide(facts.memoryMaxMib);
  to.memoryMinMib = toWide(facts.memoryMinMib);
  to.freePorts = facts.freePorts;
  if (facts.rootDiskBytes === null) to.rootDisk.absent = true;
  else to.rootDisk.bytes = toWide(facts.rootDiskBytes);
  to.accel = accelCodec.toWire(facts.accel);
  const disks = to._initDisks(facts.disks.length);
  for (const [i, disk] of facts.disks.entries()) {
    const at = disks.get(i);
    at.name = disk.name;
    at.sizeGib = disk.sizeGib;
  }
  const lost = to._initLostFiles(facts.lostFiles.length);
  for (const [i, { disk, how }] of facts.lostFiles.entries()) {
    const at = lost.get(i);
    at.disk = disk;
    at.how = lostHowCodec.toWire(how);
  }
  const nics = to._initNics(facts.nics.length);
  for (const [i, nic] of facts.nics.entries()) nicToWire(nic, nics.get(i));
}

function nicToWire(nic: Facts['nics'][number], to: wire.Nic): void {
  to.name = nic.name;
  to.mac = nic.mac;
  const forwards = to._initForwards(nic.forwards.length);
  for (const [i, forward] of nic.forwards.entries()) {
    const at = forwards.get(i);
    at.protocol = protocolCodec.toWire(forward.protocol);
    at.hostIp = forward.hostIp;
    at.hostPort = forward.hostPort;
    at.guestPort = forward.guestPort;
  }
}

export function factsFromWire(from: wire.Facts): Facts {
  return {
    cpuCores: from.cpuCores,
    memoryMib: fromWide(from.memoryMib, 'facts.memory_mib'),
    cpuCoresMax: from.cpuCoresMax,
    memoryMaxMib: fromWide(from.memoryMaxMib, 'facts.memory_max_mib'),
    memoryMinMib: fromWide(from.memoryMinMib, 'facts.memory_min_mib'),
    // An agent that does not tell has none as far as anybody knows.
    freePorts: from.freePorts,
    disks: from.disks.map(({ name, sizeGib }) => ({ name, sizeGib })),
    rootDiskBytes: from.rootDisk._isBytes ? fromWide(from.rootDisk.bytes, 'facts.root_disk') : null,
    lostFiles: from.lostFiles.map(({ disk, how }) => ({ disk, how: lostHowCodec.fromWire(how) ?? 'unknown' })),
    nics: from.nics.map((nic) => ({
      name: nic.name,
      mac: nic.mac,
      forwards: nic.forwards.toArray().flatMap(forwardFromWire),
    })),
    accel: accelCodec.fromWire(from.accel) ?? 'unknown',
  };
}

/** A protocol of the future is no forward that anybody here can have asked for: it alone is left out. */
function forwardFromWire({ protocol: code, hostIp, hostPort, guestPort }: wire.Forward) {
  const protocol = protocolCodec.fromWire(code);
  return protocol === undefined ? [] : [{ protocol, hostIp, hostPort, guestPort }];
}
