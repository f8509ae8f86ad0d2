/** The devices of a guest on its command line: memory, disks, NICs, and the free ports for those that come later. */
import type { NicSpec, VmSpec } from '../../../core/instance/spec.ts';
import { Fault } from '../../../core/kit/fault.ts';
import { renderForward, resolveForwards, USER_NETWORK } from '../forwards.ts';
import type { Headroom } from '../headroom.ts';
import { blockdev, escapeValue, option, type QemuFiles, virtio } from './argv-words.ts';
import { diskBlockNode, rootBlockNode, seedBlockNode } from './block-nodes.ts';
import {
  BALLOON_ID,
  diskDevice,
  diskNode,
  diskSerial,
  MEMORY_ID,
  netdevId,
  nicDevice,
  ROOT_NODE,
  ROOT_PORTS,
  SEED_NODE,
} from './names.ts';

export function memoryDevices(spec: VmSpec, headroom: Headroom): readonly string[] {
  return [
    ...option('-device', virtio('balloon', spec), `id=${BALLOON_ID}`, 'deflate-on-oom=on'),
    ...option('-object', 'rng-builtin', 'id=rng0'),
    ...option('-device', virtio('rng', spec), 'rng=rng0'),
    ...(spec.machine === 'microvm' ? [] : option('-device', 'pvpanic')),
    ...(headroom.growMib === 0
      ? []
      : [
          ...option('-object', 'memory-backend-ram', 'id=vmem0-ram', `size=${headroom.growMib}M`, 'reserve=off'),
          ...option('-device', 'virtio-mem-pci', `id=${MEMORY_ID}`, 'memdev=vmem0-ram', 'requested-size=0'),
        ]),
  ];
}

export function blockDevices(spec: VmSpec, files: QemuFiles): readonly string[] {
  const device = (id: string, node: string, serial: string, ...more: readonly string[]): readonly string[] =>
    option('-device', virtio('blk', spec), `id=${id}`, `drive=${node}`, `serial=${serial}`, ...more);
  return [
    ...(files.root === null
      ? []
      : [...blockdev(rootBlockNode(files.root)), ...device(ROOT_NODE, ROOT_NODE, 'root', 'bootindex=1')]),
    ...spec.disks.flatMap((disk) => [
      ...blockdev(diskBlockNode(disk, files.disk(disk.name))),
      ...device(escapeValue(diskDevice(disk.name)), diskNode(disk.name), escapeValue(diskSerial(disk.name))),
    ]),
    ...(files.seed === null ? [] : [...blockdev(seedBlockNode(files.seed)), ...device(SEED_NODE, SEED_NODE, 'cidata')]),
  ];
}

export function nicArgs(nic: NicSpec, spec: VmSpec, hostPorts: Readonly<Record<string, number>>): readonly string[] {
  if (nic.network !== USER_NETWORK) {
    throw new Fault('network_unavailable', `Cannot attach NIC "${nic.name}": no network "${nic.network}" on this host`);
  }
  const rules = resolveForwards(nic, hostPorts).map((forward) => `hostfwd=${escapeValue(renderForward(forward))}`);
  const id = escapeValue(netdevId(nic.name));
  return [
    ...option('-netdev', 'user', `id=${id}`, ...rules),
    ...option(
      '-device',
      virtio('net', spec),
      `id=${escapeValue(nicDevice(nic.name))}`,
      `netdev=${id}`,
      `mac=${nic.mac}`,
      // No network boot, so no ROM to load.
      ...(spec.machine === 'microvm' ? [] : ['romfile=']),
    ),
  ];
}

export function rootPorts(spec: VmSpec): readonly string[] {
  if (spec.machine === 'microvm') return [];
  return ROOT_PORTS.flatMap((id, index) =>
    option(
      '-device',
      'pcie-root-port',
      `id=${id}`,
      `chassis=${index + 1}`,
      `addr=0x1e.0x${index}`,
      ...(index === 0 ? ['multifunction=on'] : []),
    ),
  );
}
