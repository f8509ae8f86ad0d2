import type { VmFacts } from '../../../core/instance/evidence.ts';
import { faultCode } from '../../../core/kit/fault.ts';
import { gibBytes } from '../../../core/kit/gib-bytes.ts';
import { memoryFloorMib, usableGrowMib } from '../headroom.ts';
import { type Answer, readCount, readList, readName, readRecord } from './answers.ts';
import type { Monitor } from './monitor.ts';
import { MEMORY_ID, ROOT_NODE, ROOT_PORTS } from './names.ts';
import { parseForwards } from './parse-forwards.ts';

const MIB = 2 ** 20;
/** A slot holds a core, with its threads. */
const MAX_VCPUS = 1_024;

/** Facts without what changes all the time; block counters are read in the same breath. */
export interface StableFacts extends Omit<VmFacts, 'metrics' | 'lostFiles'> {
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
}

/** Asks the monitor for everything that is provably true of the live process. Faults as `Monitor.call`. */
export async function observeFacts(monitor: Monitor, signal: AbortSignal): Promise<StableFacts> {
  const ask: Ask = (command, args) => monitor.call(command, args, signal);
  const [cpus, slots, memory, balloon, devices, blocks, blockStats, filters, kvm, usernet, free] = await Promise.all([
    ask('query-cpus-fast'),
    // Refused by machines without hotplug: there the ceiling is what runs.
    ask('query-hotpluggable-cpus').catch(() => []),
    ask('query-memory-size-summary'),
    ask('query-balloon').catch(() => null),
    ask('query-memory-devices'),
    ask('query-block').then((answer) => readList(answer, 'disks')),
    ask('query-blockstats'),
    ask('query-rx-filter'),
    ask('query-kvm'),
    ask('human-monitor-command', { 'command-line': 'info usernet' }),
    Promise.all(ROOT_PORTS.map((id) => isFree(ask, id))),
  ]);
  const cpuCores = readList(cpus, 'processors').length;
  const slotCounts = readList(slots, 'slots').map((slot) => readCount(slot['vcpus-count'], 'a slot', MAX_VCPUS));
  const forwards = parseForwards(typeof usernet === 'string' ? usernet : '');
  const stats = readList(blockStats, 'counters').map((block) => readRecord(block['stats'], 'counters'));
  return {
    cpuCores,
    cpuCoresMax: Math.max(cpuCores, sum(slotCounts)),
    ...readMemory(memory, balloon, devices),
    freePorts: free.filter((isIt) => isIt).length,
    disks: blocks
      .flatMap((block) => {
        const name = /^disk-([a-z0-9-]{1,63})$/.exec(deviceOf(block))?.[1];
        const bytes = sizeOf(block);
        return name === undefined || bytes === null ? [] : [{ name, sizeGib: bytes / gibBytes }];
      })
      .toSorted((a, b) => compare(a.name, b.name)),
    rootDiskBytes: blocks.filter((block) => deviceOf(block) === ROOT_NODE).map(sizeOf)[0] ?? null,
    nics: readList(filters, 'NICs')
      .flatMap((filter) => {
        const name = /^nic-([a-z0-9-]{1,63})$/.exec(readName(filter['name'], 'a NIC'))?.[1];
        const mac = readName(filter['main-mac'], 'a NIC').toLowerCase();
        return name === undefined ? [] : [{ name, mac, forwards: forwards.get(name) ?? [] }];
      })
      .toSorted((a, b) => compare(a.name, b.name)),
    accel: readRecord(kvm, 'KVM')['enabled'] === true ? 'kvm' : 'tcg',
    diskReadBytes: sum(stats.map((block) => readCount(block['rd_bytes'], 'counters'))),
    diskWriteBytes: sum(stats.map((block) => readCount(block['wr_bytes'], 'counters'))),
  };
}

type Ask = (command: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;

function readMemory(summary: unknown, balloon: unknown, devices: unknown) {
  const what = 'memory';
  const bootBytes = readCount(readRecord(summary, what)['base-memory'], what);
  const nowBytes = balloon === null ? bootBytes : readCount(readRecord(balloon, what)['actual'], what);
  const grows = readList(devices, what)
    .filter(({ type }) => type === 'virtio-mem')
    .map(({ data }) => readRecord(data, what));
  const grow = grows.find(({ id }) => id === MEMORY_ID);
  const grownBytes = grow === undefined ? 0 : readCount(grow['size'], what);
  const growMaxBytes = readCount(grow?.['max-size'] ?? 0, what);
  const bootMib = bootBytes / MIB;
  return {
    memoryMib: Math.round((nowBytes + grownBytes) / MIB),
    memoryMinMib: memoryFloorMib(bootMib),
    memoryMaxMib: Math.round(bootMib + usableGrowMib(bootMib, growMaxBytes / MIB)),
  };
}

/** Virtual size of the medium; null where there is none. */
function sizeOf({ inserted }: Answer): number | null {
  if (inserted === undefined) return null;
  return readCount(readRecord(readRecord(inserted, 'a disk')['image'], 'a disk')['virtual-size'], 'a disk');
}

/** Id of the device behind a block backend: of a PCI device the path to its virtio half is told, of one without PCI the id. */
const deviceOf = ({ qdev }: Answer): string =>
  /^(?:\/machine\/peripheral\/)?([^/]*)/.exec(readName(qdev ?? '', 'a disk'))?.[1] ?? '';

/** Whether nothing is plugged into this root port; machines without hotplug have none. */
async function isFree(ask: Ask, id: string): Promise<boolean> {
  const bus = await ask('qom-list', { path: `/machine/peripheral/${id}/${id}` }).catch((error: unknown) => {
    if (faultCode(error) === 'monitor_failed') return null;
    throw error;
  });
  return bus !== null && readList(bus, 'a port').every(({ name }) => !readName(name, 'a port').startsWith('child['));
}

/** Counters of many disks at most as high as can be counted. */
const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => Math.min(total + number, Number.MAX_SAFE_INTEGER), 0);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
