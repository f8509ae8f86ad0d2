/**
 * What every runtime must do. The suite asserts the state of the world (processes, guests, disks, logs), never the calls
 * made, and waits on evidence with a deadline of the runtime's own: real time for real hypervisors, simulated time for the fake.
 *
 * The guest it boots: from kernel and initrd, prints `readyText` on its serial line, answers the power button, and does what
 * `holdfast.panic` or `holdfast.poweroff` on its command line say after that.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GuestState } from '../core/instance/evidence.ts';
import type { ProcessProof } from '../core/instance/process.ts';
import type { DiskSpec, VmSpec } from '../core/instance/spec.ts';
import { asIncarnationId, asUid } from '../core/kit/brand.ts';
import { faultCode } from '../core/kit/fault.ts';
import type { Host } from './host.ts';
import type { Random } from './random.ts';
import type { IncarnationRef, Runtime, RuntimeEvidence, SpawnRequest, VmArtefacts } from './runtime.ts';

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

export type OpenRuntime = () => Promise<RuntimeUnderTest>;

const signal = new AbortController().signal;

export function runtimeContract(name: string, open: OpenRuntime, skip: string | false = false): void {
  describe(`a runtime: ${name}`, { skip }, () => {
    const check = (title: string, body: (test: Bench) => Promise<void>): void => {
      it(title, async () => {
        const world = await open();
        const bench = createBench(world);
        try {
          await body(bench);
          await bench.end();
          assert.deepEqual(await world.leftovers(), [], 'nothing is left');
        } finally {
          await world.stop();
        }
      });
    };
    lifeChecks(check);
    crashChecks(check);
    guestChecks(check);
    changeChecks(check);
    consoleChecks(check);
  });
}

type Check = (title: string, body: (bench: Bench) => Promise<void>) => void;

function lifeChecks(check: Check): void {
  check('is frozen after spawn, and observe proves it with and without the journaled proof (F4)', async (bench) => {
    const { request, proof } = await bench.start({});
    const known = await bench.look(request, proof);
    assert.deepEqual(known.process, { life: 'alive', proof });
    assert.deepEqual(known.monitor, { kind: 'answered', state: 'frozen' });
    assert.deepEqual(await bench.look(request, null), known, 'the pid file alone tells the same');
    assert.equal((await bench.world.host.proveProcess(proof)).life, 'alive');
  });

  check('resumes, pauses and resets the same process; a second call changes nothing (S8)', async (bench) => {
    const { request, proof } = await bench.start({});
    const { runtime } = bench.world;
    const verbs: readonly (readonly ['resume' | 'pause' | 'reset', GuestState])[] = [
      ['resume', 'running'],
      ['resume', 'running'],
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['reset', 'running'],
    ];
    for (const [verb, state] of verbs) {
      await runtime[verb](request, signal);
      const evidence = await bench.look(request, proof);
      assert.deepEqual(evidence.monitor, { kind: 'answered', state }, `after ${verb}`);
      assert.deepEqual(evidence.process, { life: 'alive', proof });
    }
  });

  check('kill resolves on proof of death; clear leaves no incarnation and remove no instance', async (bench) => {
    const { request, proof } = await bench.start({});
    const { runtime, host } = bench.world;
    await assert.rejects(runtime.clear(request, signal), (error) => faultCode(error) === 'still_running');
    await assert.rejects(runtime.remove(request, signal), (error) => faultCode(error) === 'still_running');
    await runtime.kill(request, proof, signal);
    assert.equal((await host.proveProcess(proof)).life, 'dead');
    assert.equal((await bench.look(request, proof)).process.life, 'dead');
    await runtime.kill(request, proof, signal);
    await runtime.clear(request, signal);
    await runtime.clear(request, signal);
    assert.deepEqual(await bench.look(request, null), {
      process: { life: 'none' },
      monitor: { kind: 'not_asked' },
      facts: null,
    });
    const found = await runtime.scan(signal);
    assert.deepEqual(found, [{ uid: request.uid, name: request.name, incarnationId: null, proof: null }]);
    await runtime.remove(request, signal);
    await runtime.remove(request, signal);
    assert.deepEqual(await runtime.scan(signal), []);
  });

  check('refuses every verb on an instance without a process with not_running', async (bench) => {
    const request = bench.request({});
    const { runtime } = bench.world;
    await runtime.realise({ ...request, replaceRoot: false }, signal);
    for (const verb of ['resume', 'pause', 'reset', 'powerDown'] as const) {
      await assert.rejects(runtime[verb](request, signal), (error) => faultCode(error) === 'not_running', verb);
    }
    await assert.rejects(runtime.update(request, request.spec, {}, signal), (e) => faultCode(e) === 'not_running');
    const attached = runtime.attachConsole(request, 0, noop, noop);
    await assert.rejects(attached, (error) => faultCode(error) === 'not_running');
    assert.equal((await runtime.readLog(request, 1_000)).length, 0);
  });

  check('refuses a root disk smaller than its image, and a pool and a network that are not there', async (bench) => {
    const { runtime, withRoot } = bench.world;
    const rejects = async (code: string, fields: Partial<VmSpec>): Promise<void> => {
      const request = bench.request(fields, withRoot);
      const made = runtime
        .realise({ ...request, replaceRoot: false }, signal)
        .then(() => runtime.spawn(request, signal));
      await assert.rejects(made, (error) => faultCode(error) === code, code);
    };
    const tooSmall = { ...withRoot, root: withRoot.root && { ...withRoot.root, virtualSizeBytes: 2 ** 31 } };
    const small = bench.request({ diskGib: 1 }, tooSmall);
    const made = runtime.realise({ ...small, replaceRoot: false }, signal);
    await assert.rejects(made, (error) => faultCode(error) === 'disk_too_small');
    await rejects('volume_unavailable', { disks: [aDisk({ pool: 'fast' })] });
    await rejects('network_unavailable', { nics: [{ ...aNic(), network: 'blue' }] });
  });
}

function crashChecks(check: Check): void {
  check(
    'a second process of one instance is impossible, in the same incarnation and in another (F4)',
    async (bench) => {
      const { request, proof } = await bench.start({});
      const { runtime } = bench.world;
      await assert.rejects(runtime.spawn(request, signal), (error) => {
        return ['already_started', 'instance_locked'].includes(faultCode(error));
      });
      const other = { ...request, incarnationId: asIncarnationId(bench.world.random.uuid()) };
      await assert.rejects(runtime.spawn(other, signal), (error) => faultCode(error) === 'instance_locked');
      assert.equal((await bench.look(other, null)).process.life, 'none');
      assert.equal((await bench.look(request, proof)).process.life, 'alive', 'the first lives on');
      await runtime.kill(request, proof, signal);
      await assert.rejects(runtime.spawn(request, signal), (error) => faultCode(error) === 'already_started');
      await runtime.clear(request, signal);
      await runtime.spawn(other, signal);
      assert.deepEqual((await bench.look(other, null)).monitor, { kind: 'answered', state: 'frozen' });
    },
  );

  check('survives the agent: a new one finds it by scan, proves it and goes on with it (F4)', async (bench) => {
    const { request, proof } = await bench.start({});
    await bench.world.runtime.resume(request, signal);
    await bench.world.restartAgent();
    const { runtime } = bench.world;
    const { uid, name, incarnationId } = request;
    assert.deepEqual(await runtime.scan(signal), [{ uid, name, incarnationId, proof }]);
    const evidence = await bench.look(request, proof);
    assert.deepEqual(evidence.process, { life: 'alive', proof });
    assert.deepEqual(evidence.monitor, { kind: 'answered', state: 'running' });
    await runtime.pause(request, signal);
    assert.deepEqual((await bench.look(request, proof)).monitor, { kind: 'answered', state: 'paused' });
  });

  check('a process killed behind its back wakes the watch and is proven dead (S18)', async (bench) => {
    const { request, proof } = await bench.start({});
    let wakes = 0;
    const watch = bench.world.runtime.watch(request, proof, () => {
      wakes += 1;
    });
    await bench.look(request, proof);
    const before = wakes;
    await bench.world.host.killProcess(proof, 'SIGKILL');
    await bench.world.until('the watch to wake', async () => wakes > before);
    await bench.world.until('proof of death', async () => (await bench.look(request, proof)).process.life === 'dead');
    watch.close();
    const { process } = await bench.look(request, proof);
    assert.ok(process.life === 'dead' && !process.oomKilled);
  });

  check('a hung process is alive and its monitor silent, and it can be killed by its proof (F2)', async (bench) => {
    const { request, proof } = await bench.start({});
    await bench.world.runtime.resume(request, signal);
    await bench.look(request, proof);
    await bench.world.hang(proof);
    await bench.world.until('the monitor to fall silent', async () => {
      const { process, monitor, facts } = await bench.look(request, proof);
      assert.deepEqual(process, { life: 'alive', proof });
      return monitor.kind === 'silent' && facts === null;
    });
    await bench.world.runtime.kill(request, proof, signal);
    assert.equal((await bench.world.host.proveProcess(proof)).life, 'dead');
  });

  check(
    'a spawn that fails leaves no process, and its host port goes to who had it first (port_conflict)',
    async (bench) => {
      const port = await bench.world.freePort();
      const forwards = [{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: port, guestPort: 22 }] as const;
      const first = await bench.start({ nics: [aNic({ forwards })] });
      const second = bench.request({ nics: [aNic({ forwards })] });
      const { runtime } = bench.world;
      await runtime.realise({ ...second, replaceRoot: false }, signal);
      await assert.rejects(runtime.spawn(second, signal), (error) => {
        assert.ok(error instanceof Error);
        assert.equal(faultCode(error), 'port_conflict');
        assert.doesNotMatch(JSON.stringify(error), new RegExp(second.uid), 'no host path in it (S7)');
        return true;
      });
      assert.notEqual((await bench.look(second, null)).process.life, 'alive');
      assert.equal((await bench.look(first.request, first.proof)).process.life, 'alive');
    },
  );
}

function guestChecks(check: Check): void {
  check('a guest obeys the power button; the process waits to be read, also by the next agent (F5)', async (bench) => {
    const { request, proof } = await bench.start({});
    const { world } = bench;
    let wakes = 0;
    world.runtime.watch(request, proof, () => {
      wakes += 1;
    });
    await world.runtime.resume(request, signal);
    await bench.untilReady(request);
    const before = wakes;
    await world.runtime.powerDown(request, signal);
    await world.until('the guest to power off', async () => bench.isIn(request, proof, 'powered_off'));
    assert.ok(wakes > before, 'the end of the guest woke the watch');
    await world.restartAgent();
    assert.ok(await bench.isIn(request, proof, 'powered_off'));
    await world.runtime.kill(request, proof, signal);
    await world.runtime.clear(request, signal);
    const log = Buffer.from(await world.runtime.readLog(request, 100_000)).toString();
    assert.ok(log.includes(world.readyText), 'the log outlives the incarnation');
  });

  check('a power-off and a panic of the guest itself are told apart (F5)', async (bench) => {
    const { world } = bench;
    for (const [option, state] of [
      ['holdfast.poweroff', 'powered_off'],
      ['holdfast.panic', 'panicked'],
    ] as const) {
      const { request, proof } = await bench.start({ cmdline: `console=ttyS0 quiet ${option}` });
      await world.runtime.resume(request, signal);
      await world.until(state, () => bench.isIn(request, proof, state));
      assert.equal((await bench.look(request, proof)).process.life, 'alive');
    }
  });
}

function changeChecks(check: Check): void {
  check('facts tell what the process was started with, and an update in place changes them (S11)', async (bench) => {
    const { runtime, withRoot, freePort } = bench.world;
    const [portA, portB] = [await freePort(), await freePort()];
    const forward = (hostPort: number, guestPort: number) =>
      ({ protocol: 'tcp', hostIp: '127.0.0.1', hostPort, guestPort }) as const;
    const nic = aNic({ forwards: [forward(0, 22)] });
    const spec = { cpuCores: 1, cpuCoresMax: 2, diskGib: 1, disks: [aDisk()], nics: [nic] };
    const hostPorts = { 'eth0/0': portA };
    const { request, proof } = await bench.start(spec, withRoot, hostPorts);
    const before = (await bench.look(request, proof)).facts;
    assert.ok(before !== null);
    const { cpuCores, cpuCoresMax, memoryMib, rootDiskBytes, disks, nics } = before;
    assert.deepEqual(
      { cpuCores, cpuCoresMax, memoryMib, rootDiskBytes, disks, nics },
      {
        cpuCores: 1,
        cpuCoresMax: 2,
        memoryMib: request.spec.memoryMib,
        rootDiskBytes: 2 ** 30,
        disks: [{ name: 'data', sizeGib: 1 }],
        nics: [{ name: 'eth0', mac: nic.mac, forwards: [forward(portA, 22)] }],
      },
    );
    const wanted = bench.world.spec({
      ...spec,
      cpuCores: 2,
      diskGib: 2,
      disks: [aDisk({ sizeGib: 2 }), aDisk({ name: 'more' })],
      nics: [aNic({ forwards: [forward(portB, 22), forward(0, 80)] })],
    });
    const ports = { 'eth0/1': portA };
    await runtime.realise({ ...request, spec: wanted, replaceRoot: false }, signal);
    for (let call = 0; call < 2; call += 1) await runtime.update(request, wanted, ports, signal);
    const after = (await bench.look(request, proof)).facts;
    assert.deepEqual(after && { ...after, metrics: null }, {
      ...before,
      metrics: null,
      cpuCores: 2,
      rootDiskBytes: 2 ** 31,
      disks: [
        { name: 'data', sizeGib: 2 },
        { name: 'more', sizeGib: 1 },
      ],
      nics: [
        {
          name: 'eth0',
          mac: nic.mac,
          forwards: [forward(portB, 22), forward(portA, 80)].toSorted((a, b) => a.hostPort - b.hostPort),
        },
      ],
    });
  });

  check('memory changes both ways inside the headroom once the guest follows', async (bench) => {
    const { world } = bench;
    const { request, proof } = await bench.start({ memoryMib: 256, memoryMaxMib: 512 });
    await world.runtime.resume(request, signal);
    await bench.untilReady(request);
    for (const memoryMib of [384, 256, 192]) {
      const wanted = world.spec({ memoryMib, memoryMaxMib: 512 });
      await world.until(`${memoryMib} MiB`, async () => {
        const { facts } = await bench.look(request, proof);
        if (facts?.memoryMib === memoryMib) return true;
        await world.runtime.update(request, wanted, {}, signal);
        return false;
      });
    }
    const { facts } = await bench.look(request, proof);
    assert.equal(facts?.memoryMaxMib, 512);
    assert.ok(facts.memoryMinMib <= 192);
  });

  check('disks survive incarnations and images; only replaceRoot re-makes the root disk', async (bench) => {
    const { world } = bench;
    const spec = { diskGib: 2, disks: [aDisk()] };
    const { request, proof } = await bench.start(spec, world.withRoot);
    await world.runtime.kill(request, proof, signal);
    await world.runtime.clear(request, signal);
    const again = { ...request, spec: world.spec({ ...spec, diskGib: 1 }), incarnationId: bench.incarnationId() };
    await world.runtime.realise({ ...again, replaceRoot: false }, signal);
    const second = await world.runtime.spawn(again, signal);
    assert.equal((await bench.look(again, second)).facts?.rootDiskBytes, 2 ** 31, 'never shrunk');
    await world.runtime.kill(again, second, signal);
  });
}

function consoleChecks(check: Check): void {
  check(
    'viewers get history, then live output; a slow one skips with a marker and nobody waits for it',
    async (bench) => {
      const { world } = bench;
      const { request } = await bench.start({});
      const slow: string[] = [];
      let release = noop;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await world.runtime.attachConsole(
        request,
        0,
        async (data) => {
          slow.push(Buffer.from(data).toString());
          await held;
        },
        noop,
      );
      await world.runtime.resume(request, signal);
      await bench.untilReady(request);
      let late = '';
      let closed = false;
      const attachment = await world.runtime.attachConsole(
        request,
        100_000,
        (data) => {
          late += Buffer.from(data).toString();
        },
        () => {
          closed = true;
        },
      );
      await world.until('the history', async () => late.includes(world.readyText));
      attachment.write(Buffer.from('echo typed-$((40+2))\n'));
      await world.until('the answer of the shell', async () => late.includes('typed-42'));
      assert.equal(late.split(world.readyText).length, 2, 'nothing twice');
      assert.equal(slow.length, 1, 'the slow viewer is still at its first piece');
      release();
      await world.until('the slow viewer to catch up', async () => slow.join('').includes('typed-42'));
      attachment.close();
      await world.until('the viewer to be told', async () => closed);
    },
  );
}

/** Shorthand over one world; remembers what it started. */
interface Bench {
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

function createBench(world: RuntimeUnderTest): Bench {
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
        await world.runtime.realise({ ...request, replaceRoot: false }, signal);
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

function aDisk(fields: Partial<DiskSpec> = {}): DiskSpec {
  return { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false, ...fields };
}

function aNic(fields: Partial<VmSpec['nics'][number]> = {}): VmSpec['nics'][number] {
  return { name: 'eth0', network: 'user', mac: '52:54:00:12:34:56', forwards: [], ...fields };
}

function noop(): void {}
