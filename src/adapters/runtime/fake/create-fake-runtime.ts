import type { VmFacts } from '../../../core/instance/evidence.ts';
import type { ProcessEvidence, ProcessProof } from '../../../core/instance/process.ts';
import type { VmSpec } from '../../../core/instance/spec.ts';
import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Host } from '../../../ports/host.ts';
import type { FoundRuntime, IncarnationRef, InstanceRef, Runtime, RuntimeEvidence } from '../../../ports/runtime.ts';
import { createViewer } from '../console-viewer.ts';
import { checkNetworks, resolveNics, takenForward } from './fake-network.ts';
import { realiseFake } from './fake-realise.ts';
import { createFakeVm } from './fake-vm.ts';
import type { FakeProcess, FakeWorld } from './fake-world.ts';

const GIB = 2 ** 30;
/** As the real runtime: a look at the monitor waits this long, a call that long. */
const LOOK_TIMEOUT_MS = 1_000;
const CALL_TIMEOUT_MS = 5_000;
const MS_PER_TICK = 10;

/** How long the slow verbs take, in simulated milliseconds. */
export interface FakeRuntimeTimes {
  readonly realiseMs: number;
  readonly spawnMs: number;
}

const dirOf = (ref: Pick<IncarnationRef, 'uid' | 'incarnationId'>): string => `${ref.uid}/${ref.incarnationId}`;
const lockOf = (ref: Pick<InstanceRef, 'uid'>): string => `${ref.uid}/lock`;

/**
 * A runtime over a simulated world. It remembers nothing itself: a new one over the same world goes on where an agent died.
 * Passes the same contract suite as QEMU.
 */
export function createFakeRuntime(
  deps: { readonly world: FakeWorld; readonly host: Host; readonly clock?: Clock },
  times: FakeRuntimeTimes = { realiseMs: 0, spawnMs: 0 },
): Runtime {
  const { world, host } = deps;
  // The caller's own: what a dead agent waited for never happens.
  const clock = deps.clock ?? world.clock;

  const takeTime = async (ms: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (ms > 0) await clock.sleep(ms, signal);
  };
  const processOf = (ref: IncarnationRef): FakeProcess | undefined => {
    const proof = world.pidFiles.get(dirOf(ref));
    return proof === undefined ? undefined : world.liveProcess(proof);
  };
  const isSilent = (process: FakeProcess, ref: InstanceRef): boolean =>
    process.isHung || world.faults.monitorSilent(ref.uid);
  /** The guest's process, as a monitor call reaches it. */
  const monitor = async (ref: IncarnationRef, signal: AbortSignal) => {
    signal.throwIfAborted();
    const process = processOf(ref);
    if (process?.vm === undefined) throw new Fault('not_running', `VM "${ref.name}" has no running process`);
    if (isSilent(process, ref)) {
      await clock.sleep(CALL_TIMEOUT_MS, signal);
      throw new Fault('monitor_silent', `Monitor did not answer within ${CALL_TIMEOUT_MS} ms`);
    }
    return process.vm;
  };
  const clear = async (ref: IncarnationRef): Promise<void> => {
    if (processOf(ref) !== undefined) {
      throw new Fault('still_running', `Cannot clear an incarnation of VM "${ref.name}": its process lives`);
    }
    world.pidFiles.delete(dirOf(ref));
    world.instances.get(ref.uid)?.incarnations.delete(ref.incarnationId);
  };

  return {
    capabilities: async () => ({
      kind: 'fake',
      version: '1',
      accel: 'tcg',
      accelBecause: 'simulated',
      machines: ['q35', 'microvm'],
      firmwares: ['seabios', 'ovmf'],
    }),
    async realise(request, signal) {
      await takeTime(times.realiseMs, signal);
      realiseFake(world, request);
    },
    async spawn(request, signal) {
      await takeTime(times.spawnMs, signal);
      const files = world.instances.get(request.uid);
      const missing = request.spec.disks.find(({ name }) => files?.diskGib.has(name) !== true);
      if (files === undefined || missing !== undefined || (request.artefacts.root !== null && files.root === null)) {
        throw new Fault('volume_unavailable', `Cannot start VM "${request.name}": a disk of it is not there`);
      }
      checkNetworks(request.spec);
      const nics = resolveNics(request.spec, request.hostPorts);
      const start = {
        dir: dirOf(request),
        lockFile: lockOf(request),
        argv: ['fake-vm', '-uuid', request.uid, '-name', `guest=${request.name}/${request.incarnationId}`],
        stdoutFile: '',
        stderrFile: '',
        user: null,
        cgroup: null,
      };
      const proof = await host.startProcess(start, signal);
      files.incarnations.add(request.incarnationId);
      const process = world.liveProcess(proof);
      if (process === undefined) throw new Fault('hypervisor_spawn_failed', 'The process ended at once');
      const taken = takenForward(world, nics);
      if (taken !== undefined || world.faults.spawnFails(request.uid)) {
        world.endProcess(process, { kind: 'code', code: 1 });
        const code = taken === undefined ? 'hypervisor_spawn_failed' : 'port_conflict';
        const why = taken === undefined ? 'the process ended at once' : `host port ${taken} is taken`;
        throw new Fault(code, `Cannot start VM "${request.name}": ${why}`, {
          details: { exit_code: 1, stderr_tail: [why] },
        });
      }
      growDisks(files, request.spec);
      process.vm = createFakeVm(world, request, request.spec, files, nics);
      return proof;
    },
    async observe(ref, known, signal) {
      signal.throwIfAborted();
      const process = await observeProcess(host, world, ref, known);
      if (process.life !== 'alive') return { process, monitor: { kind: 'not_asked' }, facts: null };
      const live = world.liveProcess(process.proof);
      if (live?.vm === undefined || isSilent(live, ref)) {
        await clock.sleep(LOOK_TIMEOUT_MS, signal);
        const because = `Monitor did not answer within ${LOOK_TIMEOUT_MS} ms`;
        return { process, monitor: { kind: 'silent', because }, facts: null };
      }
      return { process, monitor: { kind: 'answered', state: live.vm.state() }, facts: factsOf(world, live) };
    },
    watch(_ref, proof, onChange) {
      const exit = host.watchExit(proof, null, onChange);
      const vm = world.liveProcess(proof)?.vm;
      vm?.listeners.add(onChange);
      return {
        close() {
          exit.close();
          vm?.listeners.delete(onChange);
        },
      };
    },
    async resume(ref, signal) {
      const vm = await monitor(ref, signal);
      if (vm.state() === 'powered_off' || vm.state() === 'panicked') {
        throw new Fault('monitor_failed', 'Monitor refused "cont": the guest needs a reset first');
      }
      vm.resume();
    },
    pause: async (ref, signal) => (await monitor(ref, signal)).pause(),
    reset: async (ref, signal) => (await monitor(ref, signal)).reset(),
    powerDown: async (ref, signal) => (await monitor(ref, signal)).pressPowerButton(),
    async kill(_ref, proof, signal) {
      signal.throwIfAborted();
      await host.killProcess(proof, 'SIGTERM');
      await host.killProcess(proof, 'SIGKILL');
    },
    async update(ref, wanted, hostPorts, signal) {
      const vm = await monitor(ref, signal);
      growDisks(vm.files, wanted);
      for (const { name } of wanted.disks) if (!vm.disks.includes(name)) vm.disks.push(name);
      const nics = resolveNics(wanted, hostPorts);
      const taken = takenForward(world, nics, ref.uid);
      if (taken !== undefined) throw new Fault('port_conflict', `Cannot forward host port ${taken}: it is taken`);
      vm.nics = [...nics, ...vm.nics.filter(({ name }) => !nics.some((nic) => nic.name === name))];
      vm.cpuCores = Math.max(vm.cpuCores, Math.min(wanted.cpuCores, vm.ceilings.cpuCoresMax));
      // Memory is given and taken by the guest: one that is not up yet does neither.
      const { memoryMinMib, memoryMaxMib } = vm.ceilings;
      if (vm.isBooted() && vm.state() === 'running') {
        vm.memoryMib = Math.max(memoryMinMib, Math.min(wanted.memoryMib, memoryMaxMib));
      }
    },
    async clear(ref, signal) {
      signal.throwIfAborted();
      await clear(ref);
    },
    async remove(ref, signal) {
      signal.throwIfAborted();
      for (const incarnationId of world.instances.get(ref.uid)?.incarnations ?? [])
        await clear({ ...ref, incarnationId });
      if (await host.isLocked(lockOf(ref))) {
        throw new Fault('still_running', `Cannot remove VM "${ref.name}": a process holds its lock`);
      }
      world.instances.delete(ref.uid);
    },
    async scan(signal) {
      signal.throwIfAborted();
      return scanWorld(host, world);
    },
    async attachConsole(ref, scrollbackBytes, onData, onClose) {
      const vm = processOf(ref)?.vm;
      if (vm === undefined) throw new Fault('not_running', `VM "${ref.name}" has no running process`);
      const viewer = createViewer(onData, onClose);
      const history = scrollbackBytes > 0 ? vm.files.log.slice(-scrollbackBytes) : '';
      if (history !== '') viewer.push(Buffer.from(history));
      vm.viewers.add(viewer);
      return {
        write: (data) => vm.type(Buffer.from(data).toString()),
        close() {
          if (vm.viewers.delete(viewer)) viewer.end();
        },
      };
    },
    async readLog(ref, maxBytes) {
      const log = Buffer.from(world.instances.get(ref.uid)?.log ?? '');
      return log.subarray(Math.max(0, log.length - Math.max(0, maxBytes)));
    },
    close() {},
  };
}

function growDisks(files: { root: { sizeBytes: number } | null; diskGib: Map<string, number> }, spec: VmSpec): void {
  if (files.root !== null) files.root.sizeBytes = Math.max(files.root.sizeBytes, (spec.diskGib ?? 0) * GIB);
  for (const { name, sizeGib } of spec.disks) files.diskGib.set(name, Math.max(files.diskGib.get(name) ?? 0, sizeGib));
}

async function observeProcess(
  host: Host,
  world: FakeWorld,
  ref: IncarnationRef,
  known: ProcessProof | null,
): Promise<ProcessEvidence> {
  const proof = known ?? world.pidFiles.get(dirOf(ref));
  if (proof === undefined) return { life: 'none' };
  const life = await host.proveProcess(proof);
  if (life.life === 'alive') return { life: 'alive', proof: { ...proof } };
  if (life.life === 'inconclusive') return life;
  const exit = known === null ? ({ kind: 'unknown' } as const) : life.exit;
  const oomKilled = world.processes.get(proof.pid)?.end?.oomKilled === true;
  return { life: 'dead', exit, oomKilled, stderrTail: [] };
}

function factsOf(world: FakeWorld, process: FakeProcess): RuntimeEvidence['facts'] {
  const { vm } = process;
  if (vm === undefined) return null;
  const facts: VmFacts = {
    cpuCores: vm.cpuCores,
    memoryMib: vm.memoryMib,
    ...vm.ceilings,
    disks: vm.disks.toSorted().map((name) => ({ name, sizeGib: vm.files.diskGib.get(name) ?? 0 })),
    rootDiskBytes: vm.files.root?.sizeBytes ?? null,
    nics: vm.nics.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    accel: 'tcg',
    metrics: {
      cpuUsage: vm.state() === 'running' ? 0.01 : 0,
      memoryUsedMib: vm.memoryMib,
      diskReadBytes: 0,
      diskWriteBytes: 0,
      netRxBytes: null,
      netTxBytes: null,
      uptimeSeconds: Math.floor((world.clock.bootMs() - process.startTime * MS_PER_TICK) / 1000),
    },
  };
  return facts;
}

async function scanWorld(host: Host, world: FakeWorld): Promise<readonly FoundRuntime[]> {
  const found: FoundRuntime[] = [];
  for (const [uid, files] of world.instances) {
    const { name } = files;
    if (files.incarnations.size === 0) found.push({ uid, name, incarnationId: null, proof: null });
    for (const incarnationId of files.incarnations) {
      const process = await host.findProcess(dirOf({ uid, incarnationId }));
      found.push({ uid, name, incarnationId, proof: process.kind === 'found' ? process.proof : null });
    }
  }
  return found;
}
