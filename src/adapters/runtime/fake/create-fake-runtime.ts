import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Host } from '../../../ports/host.ts';
import type { Runtime } from '../../../ports/runtime.ts';
import { attachFakeConsole } from './fake-console.ts';
import { callMonitor, type FakeContext, takeTime } from './fake-context.ts';
import { observeFake, scanFake } from './fake-observe.ts';
import { missingFakeDisks, realiseFake } from './fake-realise.ts';
import { clearFake, removeFake, removeFakeDisks } from './fake-remove.ts';
import { spawnFake } from './fake-spawn.ts';
import { updateFake } from './fake-update.ts';
import { watchFake } from './fake-watch.ts';
import type { FakeWorld } from './fake-world.ts';

/** How long the slow verbs take, in simulated milliseconds. */
export interface FakeRuntimeTimes {
  readonly realiseMs: number;
  readonly spawnMs: number;
}

/**
 * A runtime over a simulated world. It remembers nothing itself: a new one over the same world goes on where an agent
 * died. Passes the same contract suite as QEMU. `host` is the fake host of the same agent's life; `clock` that life's
 * clock, so that what a dead agent waited for never happens (default: the world's).
 */
export function createFakeRuntime(
  deps: { readonly world: FakeWorld; readonly host: Host; readonly clock?: Clock },
  times: FakeRuntimeTimes = { realiseMs: 0, spawnMs: 0 },
): Runtime {
  const context: FakeContext = { clock: deps.world.clock, ...deps, times };
  const { world, host } = deps;
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
      await takeTime(context, times.realiseMs, signal);
      realiseFake(world, request);
    },
    spawn: (request, signal) => spawnFake(context, request, signal),
    observe: (ref, known, signal) => observeFake(context, ref, known, signal),
    watch: (_ref, proof, on) => watchFake(context, proof, on),
    async resume(ref, signal) {
      const vm = await callMonitor(context, ref, signal);
      if (vm.state() === 'powered_off' || vm.state() === 'panicked') {
        throw new Fault('monitor_failed', 'Monitor refused "cont": the guest needs a reset first');
      }
      vm.resume();
    },
    pause: async (ref, signal) => (await callMonitor(context, ref, signal)).pause(),
    reset: async (ref, signal) => (await callMonitor(context, ref, signal)).reset(),
    powerDown: async (ref, signal) => (await callMonitor(context, ref, signal)).pressPowerButton(),
    async kill(_ref, proof, signal) {
      signal.throwIfAborted();
      await host.killProcess(proof, 'SIGTERM');
      await host.killProcess(proof, 'SIGKILL');
    },
    update: (ref, wanted, known, signal) => updateFake(context, { ref, wanted, known }, signal),
    // Nobody connects to a simulated guest: its health is asked of `createFakeProber`.
    async connections(ref, _hostPort, signal) {
      await callMonitor(context, ref, signal);
      return [];
    },
    clear: (ref, signal) => clearFake(context, ref, signal),
    remove: (ref, signal) => removeFake(context, ref, signal),
    missingDisks: async ({ uid }, disks) => missingFakeDisks(world, uid, disks),
    removeDisks: (ref, disks, signal) => removeFakeDisks(context, ref, disks, signal),
    async dropLogs(removedBefore) {
      for (const [uid, { at }] of world.keptLogs) if (at < removedBefore) world.keptLogs.delete(uid);
    },
    scan: (signal) => scanFake(context, signal),
    attachConsole: (ref, scrollbackBytes, onData, onClose) =>
      attachFakeConsole(context, ref, scrollbackBytes, onData, onClose),
    async readLog(ref, maxBytes) {
      const log = Buffer.from(world.instances.get(ref.uid)?.log ?? world.keptLogs.get(ref.uid)?.text ?? '');
      return log.subarray(Math.max(0, log.length - Math.max(0, maxBytes)));
    },
    close() {},
  };
}
