/** Shorthand for the contract suite of runtimes: one world, and what a check starts in it. */
import type { GuestState } from '../../core/instance/evidence.ts';
import type { ProcessProof } from '../../core/instance/process.ts';
import type { DiskSpec, VmSpec } from '../../core/instance/spec.ts';
import { asIncarnationId, asUid } from '../../core/kit/brand.ts';
import type { Host } from '../host.ts';
import type { Random } from '../random.ts';
import type { IncarnationRef, Runtime, RuntimeEvidence, SpawnRequest, VmArtefacts } from '../runtime.ts';

export const signal: AbortSignal = new AbortController().signal;

/** One runtime over one world. */
export interface RuntimeUnderTest {
  runtime: Runtime;
  readonly host: Host;
  readonly random: Random;
  /** A small guest; fields of the test override. */
  spec(fields: Partial<VmSpec>): VmSpec;
  /** Kernel and initrd of that guest. */
  readonly artefacts: VmArtefacts;
  /** The same with a root disk, by its image. */
  readonly withRoot: VmArtefacts;
  readonly readyText: string;
  /** A free TCP port of the host. */
  freePort(): Promise<number>;
  /** The agent dies without a word and another begins over the same world. */
  restartAgent(): Promise<void>;
  /** Stops the process from running without ending it, as a hung one is. */
  hang(proof: ProcessProof): Promise<void>;
  /** Waits until it holds; throws after the deadline. */
  until(what: string, holds: () => Promise<boolean>): Promise<void>;
  /** Whatever is left of any instance: processes, files, locks. */
  leftovers(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Registers one check: a world of its own, and the proof that it left nothing. */
export type Check = (title: string, body: (bench: Bench) => Promise<void>) => void;

/** Shorthand over one world; remembers what it started. */
export interface Bench {
  readonly world: RuntimeUnderTest;
  request(fields: Partial<VmSpec>, artefacts?: VmArtefacts): SpawnRequest;
  incarnationId(): IncarnationRef['incarnationId'];
  start(
    fields: Partial<VmSpec>,
    artefacts?: VmArtefacts,
    hostPorts?: SpawnRequest['hostPorts'],
  ): Promise<{ readonly request: SpawnRequest; readonly proof: ProcessProof }>;
  /** One look, without the counters that differ from one to the next. */
  look(ref: IncarnationRef, known: ProcessProof | null): Promise<RuntimeEvidence>;
  isIn(ref: IncarnationRef, proof: ProcessProof, state: GuestState): Promise<boolean>;
  untilReady(ref: IncarnationRef): Promise<void>;
  /** Ends and removes everything the world knows. */
  end(): Promise<void>;
}

const noMetrics = {
  cpuUsage: 0,
  memoryUsedMib: 0,
  diskReadBytes: 0,
  diskWriteBytes: 0,
  netRxBytes: null,
  netTxBytes: null,
  uptimeSeconds: 0,
};

export function createBench(world: RuntimeUnderTest): Bench {
  let count = 0;
  const incarnationId = () => asIncarnationId(world.random.uuid());
  const bench: Bench = {
    world,
    incarnationId,
    request(fields, artefacts = world.artefacts) {
      count += 1;
      const uid = asUid(world.random.uuid());
      const spec = world.spec(fields);
      return { uid, name: `vm-${count}`, incarnationId: incarnationId(), spec, artefacts, hostPorts: {} };
    },
    async start(fields, artefacts, hostPorts = {}) {
      const request = { ...bench.request(fields, artefacts), hostPorts };
      for (let call = 0; call < 2; call += 1) {
        await world.runtime.realise({ ...request, replaceRoot: false, madeBefore: [] }, signal);
      }
      return { request, proof: await world.runtime.spawn(request, signal) };
    },
    async look(ref, known) {
      const evidence = await world.runtime.observe(ref, known, signal);
      return evidence.facts === null ? evidence : { ...evidence, facts: { ...evidence.facts, metrics: noMetrics } };
    },
    async isIn(ref, proof, state) {
      const { monitor } = await world.runtime.observe(ref, proof, signal);
      return monitor.kind === 'answered' && monitor.state === state;
    },
    untilReady: (ref) =>
      world.until('the guest to boot', async () => {
        const log = await world.runtime.readLog(ref, 100_000);
        return Buffer.from(log).toString().includes(world.readyText);
      }),
    async end() {
      for (const found of await world.runtime.scan(signal)) {
        const { uid, name, incarnationId: id, proof } = found;
        const ref = { uid, name: name ?? '' };
        if (proof !== null && id !== null) await world.runtime.kill({ ...ref, incarnationId: id }, proof, signal);
        await world.runtime.remove(ref, signal);
      }
    },
  };
  return bench;
}

export function aDisk(fields: Partial<DiskSpec> = {}): DiskSpec {
  return { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false, ...fields };
}

export function aNic(fields: Partial<VmSpec['nics'][number]> = {}): VmSpec['nics'][number] {
  return { name: 'eth0', network: 'user', mac: '52:54:00:12:34:56', forwards: [], ...fields };
}

export function noop(): void {}
