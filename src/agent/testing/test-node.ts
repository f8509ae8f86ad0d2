/** A whole node on simulated time: host, disks, images, journal, a control plane double, and lives of an agent. */

import { createMemoryImages } from '../../adapters/images/memory.ts';
import { MemoryImageDisk, MemoryImageSources } from '../../adapters/images/memory-world.ts';
import { createLoopback } from '../../adapters/link/loopback.ts';
import { createFakeRuntime, type FakeRuntimeTimes } from '../../adapters/runtime/fake/create-fake-runtime.ts';
import { createFakeHost } from '../../adapters/runtime/fake/fake-host.ts';
import { createFakeWorld, type FakeWorld } from '../../adapters/runtime/fake/fake-world.ts';
import { createCountingRandom, createTestClock } from '../../adapters/runtime/fake/testing/test-time.ts';
import { createMemoryStore, MemoryMedium } from '../../adapters/store/memory.ts';
import type { DesiredVm } from '../../core/instance/desired.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import { aSpec, testUid } from '../../core/instance/testing/builders.ts';
import type { Uid } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { ObservedInstance } from '../../core/node/observation.ts';
import type { HealthProber } from '../../ports/health-prober.ts';
import type { Images } from '../../ports/images.ts';
import type { Log } from '../../ports/log.ts';
import type { Commit, Store } from '../../ports/store.ts';
import { anAssignment, createPlane, type Plane } from '../../ports/testing/control-link-samples.ts';
import type { VirtualClock } from '../../sim/virtual-clock.ts';
import { type Agent, createAgent } from '../agent.ts';
import { type AgentConfig, defaultAgentConfig } from '../agent-config.ts';
import { type CrashPoint, createLife, type Life } from './crashable.ts';

export const quietLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quietLog,
};

export interface TestNode {
  readonly clock: VirtualClock;
  readonly world: FakeWorld;
  readonly medium: MemoryMedium;
  readonly sources: MemoryImageSources;
  readonly imageDisk: MemoryImageDisk;
  plane: Plane;
  /** Another control plane takes the place of this one (its store restored, or another cluster). */
  replacePlane(plane: Plane): void;
  unplug(): void;
  /** Starts a life of the agent; the one before must be over. */
  boot(crash?: CrashPoint): {
    readonly life: Life;
    readonly agent: Agent;
    /** Tells the agent to stop, as SIGTERM does. */
    stop(): void;
    readonly ended: Promise<void>;
  };
  /** SIGKILL of the agent. */
  kill(): void;
  /** The life that was started last is over. */
  lastCrashed(): boolean;
  /** The whole set, at the next revision. */
  assign(...instances: readonly DesiredVm[]): void;
  /** The newest word about an instance over all reports. */
  seen(uid?: Uid): ObservedInstance | undefined;
  events(): readonly string[];
  /** Moves time until the newest report satisfies the condition. */
  until(condition: (seen: ObservedInstance | undefined) => boolean, what: string, maxMs?: number): Promise<void>;
  liveCount(uid?: Uid): number;
}

export const testKernel = 'https://images.example.org/vmlinuz';
export const testImage = 'https://images.example.org/disk.raw';

/** A kernel-only guest. */
export const testSpec = (fields: Partial<VmSpec> = {}): VmSpec => aSpec({ kernel: testKernel, ...fields });

export function createTestNode(
  options: {
    readonly config?: Partial<AgentConfig>;
    readonly times?: FakeRuntimeTimes;
    readonly prober?: HealthProber;
    /** Stands between the agent and its journal's store. */
    readonly journal?: (store: Store) => Store;
    /** Stands between the agent and its image cache. */
    readonly images?: (images: Images) => Images;
    readonly log?: Log;
  } = {},
): TestNode {
  const clock = createTestClock();
  const random = createCountingRandom();
  const world = createFakeWorld({ clock, random });
  const medium = new MemoryMedium();
  const sources = new MemoryImageSources();
  const imageDisk = new MemoryImageDisk();
  sources.put(testKernel, new Uint8Array(2_048).fill(7));
  sources.put(testImage, new Uint8Array(64 * 1024).fill(3));
  const plane = createPlane();
  const loopback = createLoopback(plane.service);
  let current: { life: Life; stop: AbortController } | null = null;
  let revision = 0;

  const node: TestNode = {
    clock,
    world,
    medium,
    sources,
    imageDisk,
    plane,
    replacePlane(next) {
      node.plane = next;
      loopback.serve(next.service);
    },
    unplug: () => loopback.serve(null),
    boot(crash) {
      const life = createLife(crash ?? null, () => {
        medium.crash();
        loopback.breakConnections('the agent died');
      });
      const host = createFakeHost(world);
      const alive = life.guard('clock', clock, false);
      const runtime = life.guard('runtime', createFakeRuntime({ world, host }, options.times), true);
      const journal = createMemoryStore({ medium });
      const images = createMemoryImages({ clock: alive }, { sources, disk: imageDisk });
      const agent = createAgent(
        {
          clock: alive,
          random,
          log: options.log ?? quietLog,
          link: life.guard('link', loopback.link, false),
          host: { bootId: host.bootId, cores: world.cores },
          runtimes: { qemu: runtime },
          images: life.guard('images', options.images?.(images) ?? images, true),
          journal: life.guard('journal', options.journal?.(journal) ?? journal, true),
          prober: options.prober ?? null,
        },
        {
          ...defaultAgentConfig,
          node: 'n1',
          agentVersion: '0.1.0',
          capacity: { cpuCores: 8, memoryMib: 16_384 },
          ...options.config,
        },
      );
      const stop = new AbortController();
      current = { life, stop };
      const ended = agent.run(stop.signal);
      return { life, agent, ended, stop: () => stop.abort(new Error('told to stop')) };
    },
    kill: () => current?.life.end(),
    lastCrashed: () => current?.life.dead === true,
    assign(...instances) {
      revision += 1;
      node.plane.publish(anAssignment(revision, instances));
    },
    seen(uid = testUid) {
      for (const report of node.plane.reports.toReversed()) {
        if (report.removed.includes(uid)) return undefined;
        const found = report.instances.find((instance) => instance.uid === uid);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    events: () => node.plane.reports.flatMap(({ events }) => events.map(({ code }) => code)),
    until: (condition, what, maxMs = 60_000) => clock.advanceUntil(() => condition(node.seen()), maxMs, what),
    liveCount: (uid = testUid) => world.vmProcesses(uid).length,
  };
  return node;
}

/** The journal on a disk that has no room for some commits. */
export function refusing(store: Store, isRefused: (commit: Commit) => boolean): Store {
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (key !== 'commit') return typeof member === 'function' ? member.bind(target) : member;
      return async (commit: Commit) => {
        if (isRefused(commit)) throw new Fault('store_full', 'Cannot write to the store: no room');
        return await target.commit(commit);
      };
    },
  });
}

/** A node on which the guest of an order has booted. */
export async function aBootedGuest(order: DesiredVm): Promise<TestNode> {
  const node = createTestNode();
  node.boot();
  node.assign(order);
  await node.until((seen) => seen?.observedGeneration === order.generation, 'in sync');
  await node.clock.advance(5_000);
  return node;
}
