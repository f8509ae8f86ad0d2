/** A control plane over a memory store on virtual time, for tests. */
import { createMemoryStore, type DecideFate, MemoryMedium } from '../../adapters/store/memory.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import { createVirtualClock, type VirtualClock } from '../../sim/virtual-clock.ts';
import type { ControlConfig } from '../control-config.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import type { Caller } from '../mutate.ts';
import { FakeNode, type FakeNodeOptions } from './fake-node.ts';

export const admin: Caller = { principal: 'user:admin', role: 'admin', idempotency: null };

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

/** Over all planes of a test: the next life of a control plane makes no id twice. */
let made = 0;

/** Counted, so that ids sort in the order in which they were made. */
export function countedRandom(): Random {
  const next = (): number => {
    made += 1;
    return made;
  };
  return {
    next: () => 0.5,
    uuid: () => `0195a3c1-0000-7000-8000-${next().toString(16).padStart(12, '0')}`,
    hex: (bytes) =>
      next()
        .toString(16)
        .padStart(bytes * 2, '0')
        .slice(-bytes * 2),
  };
}

export interface TestPlane {
  readonly plane: ControlPlane;
  readonly clock: VirtualClock;
  readonly medium: MemoryMedium;
  node(options?: FakeNodeOptions): Promise<FakeNode>;
  stop(): Promise<void>;
}

export async function aPlane(
  options: {
    readonly medium?: MemoryMedium;
    readonly config?: Partial<ControlConfig>;
    readonly clock?: VirtualClock;
    /** Events kept for watches that resume. */
    readonly changeLogLimit?: number;
    readonly decideFate?: DecideFate;
  } = {},
): Promise<TestPlane> {
  const medium = options.medium ?? new MemoryMedium();
  const clock = options.clock ?? createVirtualClock();
  const { changeLogLimit, decideFate } = options;
  const store = createMemoryStore({
    medium,
    ...(changeLogLimit === undefined ? {} : { changeLogLimit }),
    ...(decideFate === undefined ? {} : { decideFate }),
  });
  const deps = { store, clock, random: countedRandom(), log: silentLog };
  const plane = await startControlPlane(deps, options.config ?? {});
  return {
    plane,
    clock,
    medium,
    node: (nodeOptions) => new FakeNode(clock, plane.service, nodeOptions).connect(),
    async stop() {
      await plane.stop();
      await store.close();
    },
  };
}

/** A body that creates a small VM. */
export const aBody = (name: string, fields: object = {}): object => ({
  name,
  kernel: 'file:///images/vmlinuz',
  memory_mib: 128,
  nics: [],
  ...fields,
});
