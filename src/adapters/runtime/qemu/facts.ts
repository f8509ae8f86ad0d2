import type { VmFacts } from '../../../core/instance/evidence.ts';
import { faultCode } from '../../../core/kit/fault.ts';
import { memoryFloorMib, usableGrowMib } from '../headroom.ts';
import type { Monitor } from './monitor.ts';
import { MEMORY_ID, ROOT_NODE, ROOT_PORTS } from './names.ts';
import { parseForwards } from './parse-forwards.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Facts without what changes all the time; block counters are read in the same breath. */
export interface StableFacts extends Omit<VmFacts, 'metrics' | 'lostFiles'> {
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
}

interface CpuSlot {
  readonly 'vcpus-count': number;
  readonly 'qom-path'?: string;
}
interface BlockInfo {
  readonly qdev?: string;
  readonly inserted?: { readonly image: { readonly 'virtual-size': number } };
}
interface BlockStats {
  readonly stats: { readonly rd_bytes: number; readonly wr_bytes: number };
}
interface RxFilter {
  readonly name: string;
  readonly 'main-mac': string;
}
interface MemoryDevice {
  readonly type: string;
  readonly data: { readonly id?: string; readonly size: number; readonly 'max-size'?: number };
}

/** Asks the monitor for everything that is provably true of the live process. Faults as `Monitor.call`. */
export async function observeFacts(monitor: Monitor, signal: AbortSignal): Promise<StableFacts> {
  const ask = <T>(command: string, args?: Readonly<Record<string, unknown>>): Promise<T> =>
    monitor.call(command, args, signal) as Promise<T>;
  const hmp = ask<string>('human-monitor-command', { 'command-line': 'info usernet' });
  const ports = Promise.all(ROOT_PORTS.map((id) => isFree(ask, id)));
  const [cpus, slots, memory, balloon, devices, blocks, blockStats, filters, kvm, usernet, free] = await Promise.all([
    ask<readonly unknown[]>('query-cpus-fast'),
    // Refused by machines without hotplug: there the ceiling is what runs.
    ask<readonly CpuSlot[]>('query-hotpluggable-cpus').catch(() => []),
    ask<{ readonly 'base-memory': number }>('query-memory-size-summary'),
    ask<{ readonly actual: number }>('query-balloon').catch(() => undefined),
    ask<readonly MemoryDevice[]>('query-memory-devices'),
    ask<readonly BlockInfo[]>('query-block'),
    ask<readonly BlockStats[]>('query-blockstats'),
    ask<readonly RxFilter[]>('query-rx-filter'),
    ask<{ readonly enabled: boolean }>('query-kvm'),
    hmp,
    ports,
  ]);
  const grow = devices.find(({ type, data }) => type === 'virtio-mem' && data.id === MEMORY_ID)?.data;
  const forwards = parseForwards(usernet);
  const bootMib = memory['base-memory'] / MIB;
  return {
    cpuCores: cpus.length,
    cpuCoresMax: Math.max(cpus.length, sum(slots.map((slot) => slot['vcpus-count']))),
    memoryMib: Math.round(((balloon?.actual ?? memory['base-memory']) + (grow?.size ?? 0)) / MIB),
    memoryMinMib: memoryFloorMib(bootMib),
    memoryMaxMib: Math.round(bootMib + usableGrowMib(bootMib, (grow?.['max-size'] ?? 0) / MIB)),
    freePorts: free.filter((isIt) => isIt).length,
    disks: blocks
      .flatMap((block) => {
        const name = /^disk-(.+)/.exec(deviceOf(block))?.[1];
        const bytes = block.inserted?.image['virtual-size'];
        return name === undefined || bytes === undefined ? [] : [{ name, sizeGib: bytes / GIB }];
      })
      .toSorted((a, b) => compare(a.name, b.name)),
    rootDiskBytes: blocks.find((block) => deviceOf(block) === ROOT_NODE)?.inserted?.image['virtual-size'] ?? null,
    nics: filters
      .filter(({ name }) => name.startsWith('nic-'))
      .map((filter) => {
        const name = filter.name.slice('nic-'.length);
        return { name, mac: filter['main-mac'].toLowerCase(), forwards: forwards.get(name) ?? [] };
      })
      .toSorted((a, b) => compare(a.name, b.name)),
    accel: kvm.enabled ? 'kvm' : 'tcg',
    diskReadBytes: sum(blockStats.map(({ stats }) => stats.rd_bytes)),
    diskWriteBytes: sum(blockStats.map(({ stats }) => stats.wr_bytes)),
  };
}

/** Id of the device behind a block backend: of a PCI device the path to its virtio half is told, of one without PCI the id. */
const deviceOf = ({ qdev }: BlockInfo): string => /^(?:\/machine\/peripheral\/)?([^/]*)/.exec(qdev ?? '')?.[1] ?? '';

/** Whether nothing is plugged into this root port; machines without hotplug have none. */
async function isFree(ask: <T>(command: string, args: Readonly<Record<string, unknown>>) => Promise<T>, id: string) {
  const bus = await ask<readonly { readonly name: string }[]>('qom-list', {
    path: `/machine/peripheral/${id}/${id}`,
  }).catch((error: unknown) => {
    if (faultCode(error) === 'monitor_failed') return null;
    throw error;
  });
  return bus?.every(({ name }) => !name.startsWith('child[')) === true;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
