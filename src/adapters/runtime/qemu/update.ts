import type { DiskSpec, NicSpec, VmSpec } from '../../../core/instance/spec.ts';
import { Fault } from '../../../core/kit/fault.ts';
import { gibBytes } from '../../../core/kit/gib-bytes.ts';
import type { IncarnationRef, KnownOfInstance } from '../../../ports/runtime.ts';
import { renderForward, renderForwardSource, resolveForwards, USER_NETWORK } from '../forwards.ts';
import { planMemory } from '../headroom.ts';
import { diskBlockNode } from './block-nodes.ts';
import { liveSession, type QemuContext } from './context.ts';
import { observeFacts, type StableFacts } from './facts.ts';
import { diskFile, fromProcess } from './layout.ts';
import type { Monitor } from './monitor.ts';
import { diskDevice, diskNode, diskSerial, MEMORY_ID, netdevId, nicDevice, ROOT_NODE, ROOT_PORTS } from './names.ts';
import { makeDisk, requireDisk } from './realise.ts';

const MIB = 2 ** 20;

/**
 * Applies to the live process what needs no restart: disks up, disks and NICs added, forwards, processors up, memory
 * both ways inside the headroom. Everything is compared with the process first, so a second call does nothing.
 * The guest may follow later (memory); the next observe shows how far it is.
 */
export async function update(
  context: QemuContext,
  { ref, wanted, known }: { readonly ref: IncarnationRef; readonly wanted: VmSpec; readonly known: KnownOfInstance },
  signal: AbortSignal,
): Promise<void> {
  const { monitor } = await liveSession(context, ref);
  const facts = await observeFacts(monitor, signal);
  try {
    await growDisks(monitor, wanted, signal);
    for (const disk of wanted.disks) {
      if (facts.disks.some(({ name }) => name === disk.name)) continue;
      if (known.madeBefore.includes(disk.name)) await requireDisk(context.layout, ref.uid, disk.name);
      else await makeDisk(context, ref, disk, signal);
      await addDisk(monitor, disk, signal);
    }
    for (const nic of wanted.nics) await updateNic(monitor, facts, nic, known.hostPorts, signal);
    await addProcessors(monitor, wanted.cpuCores - facts.cpuCores, signal);
    if (wanted.memoryMib !== facts.memoryMib) await changeMemory(monitor, facts, wanted.memoryMib, signal);
  } finally {
    monitor.markChanged();
  }
}

/** Grows root and data disks to the wanted sizes; never shrinks. */
export async function growDisks(monitor: Monitor, wanted: VmSpec, signal: AbortSignal): Promise<void> {
  const sizes: (readonly [node: string, bytes: number])[] = wanted.disks
    .filter(({ readOnly }) => !readOnly)
    .map(({ name, sizeGib }) => [diskNode(name), sizeGib * gibBytes]);
  if (wanted.diskGib !== null) sizes.unshift([ROOT_NODE, wanted.diskGib * gibBytes]);
  // A process that is about to start answers slowly, one question at a time: nothing is asked without need.
  if (sizes.length === 0) return;
  const nodes = (await monitor.call('query-named-block-nodes', { flat: true }, signal)) as readonly {
    readonly 'node-name': string;
    readonly image: { readonly 'virtual-size': number };
  }[];
  for (const [node, bytes] of sizes) {
    const size = nodes.find((found) => found['node-name'] === node)?.image['virtual-size'];
    if (size === undefined || size >= bytes) continue;
    await monitor.call('block_resize', { 'node-name': node, size: bytes }, signal);
  }
}

async function addDisk(monitor: Monitor, disk: DiskSpec, signal: AbortSignal): Promise<void> {
  const node = diskBlockNode(disk, fromProcess(diskFile(disk.name)));
  const open = () => monitor.call('blockdev-add', node, signal);
  await open().catch(async (error: unknown) => {
    if (!(error instanceof Error && /Duplicate nodes/.test(error.message))) throw error;
    // Its device was taken out by hand, or an agent was cut short before it plugged it in. What is open may be another file by now.
    await monitor.call('blockdev-del', { 'node-name': diskNode(disk.name) }, signal);
    await open();
  });
  try {
    await plug(monitor, `disk "${disk.name}"`, signal, {
      driver: 'virtio-blk-pci',
      id: diskDevice(disk.name),
      drive: diskNode(disk.name),
      serial: diskSerial(disk.name),
    });
  } catch (error) {
    await monitor.call('blockdev-del', { 'node-name': diskNode(disk.name) }, signal).catch(() => undefined);
    throw error;
  }
}

async function updateNic(
  monitor: Monitor,
  facts: StableFacts,
  nic: NicSpec,
  hostPorts: Readonly<Record<string, number>>,
  signal: AbortSignal,
): Promise<void> {
  const wanted = resolveForwards(nic, hostPorts);
  const live = facts.nics.find(({ name }) => name === nic.name);
  if (live === undefined) await addNic(monitor, nic, signal);
  const id = netdevId(nic.name);
  const wantedRules = new Set(wanted.map((forward) => renderForward(forward)));
  const liveRules = new Set((live?.forwards ?? []).map((forward) => renderForward(forward)));
  for (const forward of live?.forwards ?? []) {
    if (wantedRules.has(renderForward(forward))) continue;
    await humanCall(monitor, `hostfwd_remove ${id} ${renderForwardSource(forward)}`, signal);
  }
  for (const forward of wanted) {
    const rule = renderForward(forward);
    if (liveRules.has(rule)) continue;
    const answer = await humanCall(monitor, `hostfwd_add ${id} ${rule}`, signal);
    if (answer.trim() !== '') {
      throw new Fault('port_conflict', `Cannot forward host port ${forward.hostPort}: it is taken`, {
        details: { host_ip: forward.hostIp, host_port: forward.hostPort },
      });
    }
  }
}

async function addNic(monitor: Monitor, nic: NicSpec, signal: AbortSignal): Promise<void> {
  if (nic.network !== USER_NETWORK) {
    throw new Fault('network_unavailable', `Cannot attach NIC "${nic.name}": no network "${nic.network}" on this host`);
  }
  const id = netdevId(nic.name);
  await monitor.call('netdev_add', { type: 'user', id }, signal).catch((error: unknown) => {
    // Somebody took the card out by hand and left its network.
    if (!(error instanceof Error && /Duplicate ID/.test(error.message))) throw error;
  });
  try {
    await plug(monitor, `NIC "${nic.name}"`, signal, {
      driver: 'virtio-net-pci',
      id: nicDevice(nic.name),
      netdev: id,
      mac: nic.mac,
      romfile: '',
    });
  } catch (error) {
    await monitor.call('netdev_del', { id }, signal).catch(() => undefined);
    throw error;
  }
}

/** Plugs a device into the first free root port; a port that is taken refuses, which is the only way to ask. */
async function plug(
  monitor: Monitor,
  what: string,
  signal: AbortSignal,
  device: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const bus of ROOT_PORTS) {
    try {
      // Only slot 0 of a port exists for the guest, but QEMU would number on by itself.
      await monitor.call('device_add', { ...device, bus, addr: '0x0' }, signal);
      return;
    } catch (error) {
      if (!(error instanceof Error && /not available|in use|occupied/.test(error.message))) throw error;
    }
  }
  throw new Fault('restart_required', `Cannot attach ${what} without a restart: no free port`, { retry: 'never' });
}

/** Up only: unplugging a processor crashes QEMU 7.2. */
async function addProcessors(monitor: Monitor, count: number, signal: AbortSignal): Promise<void> {
  if (count <= 0) return;
  const slots = (await monitor.call('query-hotpluggable-cpus', {}, signal)) as readonly {
    readonly type: string;
    readonly props: Readonly<Record<string, number>>;
    readonly 'qom-path'?: string;
  }[];
  // QEMU lists the highest slot first; guests expect them in order.
  const free = slots.filter((slot) => slot['qom-path'] === undefined).toReversed();
  for (const slot of free.slice(0, count)) {
    const id = `cpu-${Object.values(slot.props).join('-')}`;
    await monitor.call('device_add', { driver: slot.type, id, ...slot.props }, signal);
  }
}

async function changeMemory(
  monitor: Monitor,
  facts: StableFacts,
  wantedMib: number,
  signal: AbortSignal,
): Promise<void> {
  const summary = (await monitor.call('query-memory-size-summary', {}, signal)) as { readonly 'base-memory': number };
  const bootMib = summary['base-memory'] / MIB;
  const plan = planMemory(bootMib, facts.memoryMaxMib - bootMib, wantedMib);
  let balloonMib = plan.balloonTargetMib;
  if (facts.memoryMaxMib > bootMib) {
    const path = `/machine/peripheral/${MEMORY_ID}`;
    const get = (property: string): Promise<number> =>
      monitor.call('qom-get', { path, property }, signal) as Promise<number>;
    const [requested, size] = await Promise.all([get('requested-size'), get('size')]);
    if (requested !== plan.pluggedMib * MIB) {
      await monitor.call('qom-set', { path, property: 'requested-size', value: plan.pluggedMib * MIB }, signal);
    } else if (size > requested) {
      // The guest was asked before and keeps some blocks: the balloon takes the rest.
      balloonMib = Math.max(facts.memoryMinMib, wantedMib - Math.round(size / MIB));
    }
  }
  await monitor.call('balloon', { value: balloonMib * MIB }, signal);
}

async function humanCall(monitor: Monitor, command: string, signal: AbortSignal): Promise<string> {
  const answer = await monitor.call('human-monitor-command', { 'command-line': command }, signal);
  return typeof answer === 'string' ? answer : '';
}
