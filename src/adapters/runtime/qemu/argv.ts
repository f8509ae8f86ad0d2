/**
 * The command line of one QEMU: a pure function of specification, files and host, held by golden files.
 *
 * File names are relative to the process's own directory, so that a process under a foreign user needs no way through
 * the directories above, socket paths never come near their limit of 107 bytes, and nothing of the host's layout shows.
 * Identity (spec F4) is on it twice: `-uuid` is the instance, the guest name carries the incarnation, and both can be
 * asked over the monitor.
 */
import type { VmSpec } from '../../../core/instance/spec.ts';
import { Fault } from '../../../core/kit/fault.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { type Headroom, headroomOf } from '../headroom.ts';
import { blockDevices, memoryDevices, nicArgs, rootPorts } from './argv-devices.ts';
import { blockdev, escapeValue, option, type QemuFiles } from './argv-words.ts';
import { firmwareBlockNode } from './block-nodes.ts';

/** What the command line takes from the host. */
export interface QemuHost {
  readonly binary: string;
  readonly accel: 'kvm' | 'tcg';
  /** Whether `-cpu host` starts (KVM only). */
  readonly cpuHost: boolean;
  /** The versioned name behind `q35`: an alias would change its meaning with the next QEMU. */
  readonly q35: string;
  /** Rate of the host's time stamp counter, which is a TCG guest's; null where it is not known. */
  readonly tscKhz: number | null;
  readonly ovmfCode: string | null;
}

export interface ArgvRequest {
  readonly ref: IncarnationRef;
  readonly spec: VmSpec;
  readonly host: QemuHost;
  readonly files: QemuFiles;
  readonly hostPorts: Readonly<Record<string, number>>;
}

/** With TCG each process keeps a cache of translated code; 32 MiB boots as fast as the default of 1 GiB. */
const TCG_CACHE_MIB = 32;
/** Guests below this lose too much to the 64 MiB bounce buffer Linux reserves once memory above 4 GiB is possible. */
const BOUNCE_BUFFER_TRAP_MIB = 512;
const DEFAULT_CMDLINE = 'console=ttyS0';

/** No QEMU runs without it, the probes included (spec §12). */
export const SANDBOX = ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'] as const;

export function renderArgv(request: ArgvRequest): readonly string[] {
  const { ref, spec, host, files } = request;
  const headroom = headroomOf(spec);
  return [
    host.binary,
    '-nodefaults',
    '-no-user-config',
    ...option('-name', `guest=${escapeValue(guestName(ref))}`, 'debug-threads=on'),
    ...option('-uuid', ref.uid),
    ...machine(spec, host),
    ...option('-m', `size=${spec.memoryMib}M`, ...(headroom.growMib > 0 ? [maxmem(spec, headroom)] : [])),
    ...option('-smp', `cpus=${spec.cpuCores}`, `maxcpus=${headroom.cpuCoresMax}`),
    '-S',
    ...option('-action', 'shutdown=pause', 'panic=pause'),
    ...SANDBOX,
    ...option('-display', 'none'),
    ...option('-rtc', 'base=utc'),
    ...monitors(files),
    ...firmware(spec, host, files),
    ...kernel(spec, host, files, headroom),
    ...memoryDevices(spec, headroom),
    ...blockDevices(spec, files),
    ...spec.nics.flatMap((nic) => nicArgs(nic, spec, request.hostPorts)),
    ...rootPorts(spec),
  ];
}

/**
 * The guest's name as the monitor tells it: instance name and incarnation, so that both can be proven over the
 * monitor too.
 */
export const guestName = (ref: IncarnationRef): string => `${ref.name}/${ref.incarnationId}`;

const maxmem = (spec: VmSpec, headroom: Headroom): string => `maxmem=${spec.memoryMib + headroom.growMib}M`;

function machine(spec: VmSpec, host: QemuHost): readonly string[] {
  if (spec.architecture !== 'amd64') {
    throw new Fault(
      'hypervisor_spawn_failed',
      `Cannot start a guest of architecture ${spec.architecture} on this host`,
      { details: { next_action: 'Declare the architecture of the node, or place it on one that has this' } },
    );
  }
  const flash = spec.firmwareId === 'ovmf' ? ['pflash0=fw-code', 'pflash1=fw-vars'] : [];
  const kind = spec.machine === 'microvm' ? 'microvm' : host.q35;
  return [
    ...option('-machine', kind, ...flash),
    ...option('-accel', ...(host.accel === 'kvm' ? ['kvm'] : tcg(spec))),
    // 57-bit addresses make TCG walk a fifth table level for nothing.
    ...(host.accel === 'tcg' ? option('-cpu', 'max', 'la57=off') : host.cpuHost ? option('-cpu', 'host') : []),
  ];
}

/**
 * With a thread for each processor TCG deals its cache out in regions, and QEMU aborts when a processor is added while
 * none is left (`tcg_region_initial_alloc`), which is most of the time once a guest has booted. One thread for all of
 * them has one region, so a guest that is to get more processors while it runs pays for that with its parallelism.
 */
function tcg(spec: VmSpec): readonly string[] {
  const grows = headroomOf(spec).cpuCoresMax > spec.cpuCores;
  return ['tcg', `tb-size=${TCG_CACHE_MIB}`, ...(grows ? ['thread=single'] : [])];
}

function monitors(files: QemuFiles): readonly string[] {
  const socket = (id: string, path: string, ...more: readonly string[]): readonly string[] =>
    option('-chardev', 'socket', `id=${id}`, `path=${escapeValue(path)}`, 'server=on', 'wait=off', ...more);
  return [
    // A socket serves one client at a time: the first is the agent's, the second is for people with a debugger's
    // curiosity.
    ...socket('qmp', files.sockets.qmp),
    ...option('-mon', 'chardev=qmp', 'mode=control'),
    ...socket('debug', files.sockets.debug),
    ...option('-mon', 'chardev=debug', 'mode=control'),
    ...socket('serial', files.sockets.serial, `logfile=${escapeValue(files.consoleLog)}`, 'logappend=on'),
    ...option('-serial', 'chardev:serial'),
  ];
}

function firmware(spec: VmSpec, host: QemuHost, files: QemuFiles): readonly string[] {
  if (spec.firmwareId !== 'ovmf') return [];
  if (host.ovmfCode === null || files.ovmfVars === null || spec.machine === 'microvm') {
    throw new Fault(
      'hypervisor_spawn_failed',
      'Cannot start the guest: firmware ovmf is not available for it on this host',
    );
  }
  return [
    ...blockdev(firmwareBlockNode('fw-code', host.ovmfCode, true)),
    ...blockdev(firmwareBlockNode('fw-vars', files.ovmfVars, false)),
  ];
}

function kernel(spec: VmSpec, host: QemuHost, files: QemuFiles, headroom: Headroom): readonly string[] {
  if (files.kernel === null) return [];
  const given = spec.cmdline ?? DEFAULT_CMDLINE;
  const trapped = headroom.growMib > 0 && spec.memoryMib < BOUNCE_BUFFER_TRAP_MIB && !given.includes('swiotlb=');
  // A microvm has no HPET and no PM timer: under TCG on a host with more to do than cores, a Linux guest fails to measure its
  // clock and hangs early in its boot. It is told the rate instead, which is the host's. Not so with KVM.
  const blind = spec.machine === 'microvm' && host.accel === 'tcg' && !given.includes('tsc_early_khz=');
  const words = [
    given,
    ...(trapped ? ['swiotlb=noforce'] : []),
    ...(blind && host.tscKhz !== null ? [`tsc_early_khz=${host.tscKhz}`] : []),
  ];
  return [
    ...['-kernel', files.kernel],
    ...(files.initrd === null ? [] : ['-initrd', files.initrd]),
    ...['-append', words.join(' ')],
  ];
}
