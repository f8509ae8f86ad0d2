/** Bugs of a runtime, or of how an agent uses it, planted between the two. */
import type { FakeWorld } from '../../adapters/runtime/fake/fake-world.ts';
import { asIncarnationId } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { IncarnationRef, Runtime } from '../../ports/runtime.ts';
import type { SimRandom } from '../sim-random.ts';

/** How often a planted bug shows itself where it could: as rare as real ones are. */
const rareChance = 0.05;
const chance = 0.3;

/** Now and then a second process is started beside the first, the instance's lock notwithstanding. */
export function startingTwice(runtime: Runtime, world: FakeWorld, random: SimRandom): Runtime {
  const twins = new Map<string, IncarnationRef>();
  return {
    ...runtime,
    async spawn(request, signal) {
      const proof = await runtime.spawn(request, signal);
      if (!random.chance(rareChance)) return proof;
      const { lockHolder } = world;
      world.lockHolder = () => undefined;
      // Nobody is told of it: that is the bug.
      const { onProcess: _told, ...known } = request;
      const twin = { ...known, incarnationId: asIncarnationId(random.uuid()) };
      await runtime.spawn(twin, signal).then(
        () => twins.set(request.uid, twin),
        () => runtime.clear(twin, signal),
      );
      world.lockHolder = lockHolder;
      return proof;
    },
    async resume(ref, signal) {
      await runtime.resume(ref, signal);
      const twin = twins.get(ref.uid);
      twins.delete(ref.uid);
      if (twin !== undefined) await runtime.resume(twin, signal);
    },
  };
}

/** Now and then a guest is let go at once, before anybody has written down its process. */
export function startingUnfrozen(runtime: Runtime, _world: FakeWorld, random: SimRandom): Runtime {
  return {
    ...runtime,
    async spawn(request, signal) {
      if (!random.chance(rareChance)) return await runtime.spawn(request, signal);
      const { onProcess: _told, ...known } = request;
      const proof = await runtime.spawn(known, signal);
      await runtime.resume(known, signal);
      return proof;
    },
  };
}

/** Nothing ever starts, for a reason that is said to pass. */
export function startingNever(runtime: Runtime): Runtime {
  return {
    ...runtime,
    spawn: () => Promise.reject(new Fault('hypervisor_spawn_failed', 'Cannot start it, today as ever')),
  };
}

/** Now and then a kill says that it is done, and nothing has died. */
export function killingNobody(runtime: Runtime, _world: FakeWorld, random: SimRandom): Runtime {
  const spared = new Set<string>();
  return {
    ...runtime,
    async kill(ref, proof, signal) {
      if (random.chance(rareChance)) spared.add(ref.incarnationId);
      if (!spared.has(ref.incarnationId)) await runtime.kill(ref, proof, signal);
    },
  };
}

/** A guest that waits for room is taken for one that somebody paused. */
export function takingForPaused(runtime: Runtime): Runtime {
  return {
    ...runtime,
    async observe(ref, known, signal) {
      const seen = await runtime.observe(ref, known, signal);
      const { monitor } = seen;
      if (monitor.kind !== 'answered' || monitor.state !== 'io_error') return seen;
      return { ...seen, monitor: { kind: 'answered', state: 'paused' } };
    },
  };
}

/** Now and then the files of what was removed are still there. */
export function leavingFiles(runtime: Runtime, world: FakeWorld, random: SimRandom): Runtime {
  return {
    ...runtime,
    async remove(ref, signal) {
      const files = world.instances.get(ref.uid);
      await runtime.remove(ref, signal);
      if (files !== undefined && random.chance(chance)) world.instances.set(ref.uid, files);
    },
  };
}

/** Now and then the pid file of what was removed is still there. */
export function leavingPidFiles(runtime: Runtime, world: FakeWorld, random: SimRandom): Runtime {
  return {
    ...runtime,
    async remove(ref, signal) {
      await runtime.remove(ref, signal);
      const proof = { pid: 1, startTime: 1, bootId: world.bootId() };
      if (random.chance(chance)) world.pidFiles.set(`${ref.uid}/left`, proof);
    },
  };
}
