/** A machine as its monitor shows it, for tests of what is asked of one: block nodes, devices in ports, networks, processors, memory. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { testUid } from '../../../../core/instance/testing/builders.ts';
import { Fault } from '../../../../core/kit/fault.ts';
import type { QemuContext } from '../context.ts';
import { createLayout, diskFile } from '../layout.ts';
import type { Monitor } from '../monitor.ts';
import { MEMORY_ID } from '../names.ts';

type Words = Readonly<Record<string, unknown>>;

interface Slot {
  readonly type: string;
  readonly props: { readonly 'core-id': number; readonly 'thread-id': number };
  readonly 'vcpus-count': 1;
  'qom-path'?: string;
}

const MIB = 2 ** 20;
const refuse = (why: string): never => {
  throw new Fault('monitor_failed', why);
};

/** `growMib`: size of its memory device; none where it is 0. */
export function aMachine({ cores = 1, coresMax = 4, memoryMib = 512, growMib = 0 } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-machine-'));
  const layout = createLayout(root);
  const nodes = new Map<string, { bytes: number; readonly isReadOnly: boolean; readonly file: unknown }>();
  const devices = new Map<string, Words>();
  const networks = new Map<string, Set<string>>();
  const memory = { bootMib: memoryMib, balloonMib: memoryMib, requestedMib: 0, pluggedMib: 0 };
  // As QEMU lists them: the highest first.
  const slots = Array.from({ length: coresMax }, (_, at): Slot => {
    const core = coresMax - 1 - at;
    const props = { 'core-id': core, 'thread-id': 0 };
    return { type: 'a-cpu', props, 'vcpus-count': 1, ...(core < cores ? { 'qom-path': `/cpu-${core}` } : {}) };
  });
  const plugged = () => slots.filter((slot) => slot['qom-path'] !== undefined);
  const inPort = (bus: unknown) => [...devices.values()].find((device) => device['bus'] === bus);

  const forward = (line: string): string => {
    const [verb, id = '', rule = ''] = line.split(' ');
    const rules = networks.get(id) ?? refuse(`no network ${id}`);
    const source = rule.split('-:')[0] ?? '';
    const known = [...rules].find((each) => each.startsWith(`${source}-:`));
    if (verb === 'hostfwd_add') {
      if (known !== undefined) return `could not set up host forwarding rule '${rule}'`;
      rules.add(rule);
    } else if (known !== undefined) rules.delete(known);
    return '';
  };
  const rulesText = (rules: ReadonlySet<string>): readonly string[] =>
    [...rules].map((rule) => {
      const [protocol = '', ip, port, guest] = rule.replace('-:', ':').split(':');
      return `  ${protocol.toUpperCase()}[HOST_FORWARD]  13  ${ip} ${port}  10.0.2.15  ${guest}  0  0`;
    });
  const addDevice = (device: Words): void => {
    const id = String(device['id']);
    if (devices.has(id)) refuse(`Duplicate device ID '${id}'`);
    if (device['driver'] === 'a-cpu') {
      const slot = slots.find(({ props }) => props['core-id'] === device['core-id']) ?? refuse('no such slot');
      slot['qom-path'] = `/${id}`;
    } else if (device['bus'] !== undefined && inPort(device['bus']) !== undefined)
      refuse('PCI: slot 0 function 0 not available, in use by another');
    devices.set(id, device);
  };
  const addNode = (node: Words): void => {
    const name = String(node['node-name']);
    if (nodes.has(name)) refuse(`Duplicate nodes with node-name='${name}'`);
    const { filename } = node['file'] as { readonly filename: string };
    nodes.set(name, { bytes: 2 ** 30, isReadOnly: node['read-only'] === true, file: filename });
  };
  const commands: Readonly<Record<string, (args: Words) => unknown>> = {
    'query-cpus-fast': () => plugged().map(() => ({})),
    'query-hotpluggable-cpus': () => slots,
    'query-memory-size-summary': () => ({ 'base-memory': memory.bootMib * MIB }),
    'query-balloon': () => ({ actual: memory.balloonMib * MIB }),
    'query-memory-devices': () =>
      growMib === 0
        ? []
        : [
            {
              type: 'virtio-mem',
              data: { id: MEMORY_ID, size: memory.pluggedMib * MIB, 'max-size': growMib * MIB },
            },
          ],
    'query-block': () =>
      [...devices].flatMap(([id, { drive }]) => {
        const node = nodes.get(String(drive));
        if (node === undefined) return [];
        return [
          { qdev: `/machine/peripheral/${id}/virtio-backend`, inserted: { image: { 'virtual-size': node.bytes } } },
        ];
      }),
    'query-blockstats': () => [],
    'query-rx-filter': () =>
      [...devices].flatMap(([id, { mac }]) => (mac === undefined ? [] : [{ name: id, 'main-mac': mac }])),
    'query-kvm': () => ({ enabled: false }),
    'query-named-block-nodes': () =>
      [...nodes].map(([name, { bytes }]) => ({ 'node-name': name, image: { 'virtual-size': bytes } })),
    'qom-list': ({ path }) => [{ name: inPort(String(path).split('/').at(-1)) === undefined ? 'type' : 'child[0]' }],
    'qom-get': ({ property }) => (property === 'size' ? memory.pluggedMib : memory.requestedMib) * MIB,
    'qom-set': ({ value }) => {
      memory.requestedMib = Number(value) / MIB;
    },
    balloon: ({ value }) => {
      memory.balloonMib = Number(value) / MIB;
    },
    block_resize: (args) => {
      const node = nodes.get(String(args['node-name'])) ?? refuse('no such node');
      if (node.isReadOnly) refuse('Block node is read-only');
      node.bytes = Number(args['size']);
    },
    'blockdev-add': addNode,
    'blockdev-del': (args) => {
      const name = String(args['node-name']);
      if ([...devices.values()].some(({ drive }) => drive === name)) refuse('the node is in use');
      nodes.delete(name);
    },
    netdev_add: ({ id }) => {
      if (networks.has(String(id))) refuse(`Duplicate ID '${id}'`);
      networks.set(String(id), new Set());
    },
    netdev_del: ({ id }) => networks.delete(String(id)),
    device_add: addDevice,
    'human-monitor-command': (args) => {
      const line = String(args['command-line']);
      if (line !== 'info usernet') return forward(line);
      return [...networks]
        .flatMap(([id, rules]) => [`Hub -1 (${id}):`, ...rulesText(rules)])
        .join('\n')
        .concat('\n');
    },
  };
  let isChanged = false;
  const monitor = {
    call: async (command: string, args: Words = {}) => (commands[command] ?? refuse(`no command ${command}`))(args),
    markChanged: () => {
      isChanged = true;
    },
  } as unknown as Monitor;
  const context = {
    layout,
    ownUsers: false,
    host: { findProcess: async () => ({ kind: 'found' }) },
    sessions: { open: () => ({ monitor }) },
  } as unknown as QemuContext;
  return {
    ...{ context, nodes, devices, networks, memory, addNode, addDevice },
    cores: () => plugged().map(({ props }) => props['core-id']),
    /** Whether the facts were said to be others since the last time this was asked. */
    takeChanged() {
      const before = isChanged;
      isChanged = false;
      return before;
    },
    /** A file of a data disk, as realising made it. */
    makeFile(disk: string): void {
      const path = layout.file(testUid, diskFile(disk));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
