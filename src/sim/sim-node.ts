/**
 * One simulated host with its agent. Host, disks and guests outlive the agent; each start of the agent is a new life over
 * the same disks. What a test plants comes between the product and the world here, never into the product.
 */
import { createMemoryImages } from '../adapters/images/memory.ts';
import { MemoryImageDisk } from '../adapters/images/memory-world.ts';
import { createFakeRuntime } from '../adapters/runtime/fake/create-fake-runtime.ts';
import { createFakeHost } from '../adapters/runtime/fake/fake-host.ts';
import { createFakeProber } from '../adapters/runtime/fake/fake-prober.ts';
import { createFakeWorld, type FakeProcess, type FakeWorld } from '../adapters/runtime/fake/fake-world.ts';
import { createAgent } from '../agent/agent.ts';
import { type AgentConfig, defaultAgentConfig } from '../agent/agent-config.ts';
import { createJournal, newestTimeIn } from '../agent/journal/journal.ts';
import type { InstanceRecord } from '../core/instance/record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { Runtime } from '../ports/runtime.ts';
import { createSteadyClock } from '../ports/steady-clock.ts';
import { askFaults, HostFaults } from './host-faults.ts';
import { recordIn } from './journal-rows.ts';
import { type CrashPoint, Life } from './life.ts';
import { livedLink } from './lived-link.ts';
import { quietLog } from './quiet-log.ts';
import { SimDisk } from './sim-disk.ts';
import type { SimNodeDeps } from './sim-node-deps.ts';
import { createMachineClock, type MachineClock } from './sim-time.ts';

/** How long the slow verbs of the simulated runtime take. */
const runtimeTimes = { realiseMs: 40, spawnMs: 60 };

/** A process that never ends: the machine itself. */
const machineLife = { dead: false };

export class SimNode {
  readonly name: string;
  readonly clock: MachineClock;
  readonly world: FakeWorld;
  readonly faults = new HostFaults();
  readonly imageDisk = new MemoryImageDisk();
  disk: SimDisk;
  life: Life | null = null;
  /** Processes whose guest may run without a record: their journal was taken away by the scenario. */
  readonly excused = new Set<number>();
  /** Images that a failing disk changed: the agent drops them when it finds that out. */
  readonly #damaged = new Set<string>();
  readonly #deps: SimNodeDeps;
  readonly #live = new Set<FakeProcess>();
  #config: Partial<AgentConfig>;
  #powerIsLost = false;

  constructor(name: string, deps: SimNodeDeps, config: Partial<AgentConfig> = {}) {
    this.name = name;
    this.#deps = deps;
    this.#config = config;
    const { time, random } = deps;
    const skewMs = random.chance(0.3) ? random.between(-90_000, 90_000) : random.between(-500, 500);
    this.clock = createMachineClock(time, { offsetMs: skewMs, rate: 1 + random.between(-500, 500) / 1_000_000 });
    this.disk = new SimDisk(time, random.stream('journal'));
    const times = { bootMs: random.between(500, 4_000), shutdownMs: random.between(200, 4_000) };
    this.world = createFakeWorld(
      { clock: this.clock.forLife(machineLife), random: random.stream('host') },
      { cores: 2, times },
    );
    this.#followProcesses();
    this.world.faults = askFaults(this.faults);
  }

  /** Live processes, guests or not. */
  get processes(): ReadonlySet<FakeProcess> {
    return this.#live;
  }

  get isUp(): boolean {
    return this.life !== null && !this.life.dead;
  }

  /** The durable journal row of an instance, whoever writes it. */
  recordOf(uid: Uid): InstanceRecord | null {
    return recordIn(this.disk.medium.peek(`record/${uid}`));
  }

  /** A byte of a cached image changes behind the agent's back. */
  damageImage(sha256: string): void {
    this.#damaged.add(sha256);
    this.imageDisk.damage(sha256);
  }

  /** Whether the image is in the cache, or was until its bytes were damaged. */
  hadImage(sha256: string): boolean {
    return this.imageDisk.entries.has(sha256) || this.#damaged.has(sha256);
  }

  /** Starts the agent. Throws the Fault `data_dir_in_use` while another life has the data directory. */
  start(crash: CrashPoint | null = null, disk: SimDisk = this.disk): Life {
    const { time, trace, onAgentGone, onAgentFailed, sources } = this.#deps;
    const life = new Life(this.name, crash, (call) => trace.line(call));
    const store = disk.open(life);
    if (disk === this.disk) this.life = life;
    const clock = createSteadyClock(this.clock.forLife(life));
    clock.notBefore(newestTimeIn(createJournal(store).load()));
    const random = this.#deps.random.stream(`life at ${time.steps}`, () => clock.now());
    const host = createFakeHost(this.world);
    const sessions = new Set<string>();
    const { plant } = this.#deps;
    const chance = random.stream('plant');
    const journal = life.guard('journal', plant?.journal?.(store, chance) ?? store);
    const wire = plant?.wire?.(this.#deps.link, chance) ?? this.#deps.link;
    const link = livedLink(wire, life, {
      onSession: (session) => sessions.add(session),
      onAssignment: (assignment) => this.#deps.onAssignment(this.name, assignment),
    });
    const bare = createFakeRuntime({ world: this.world, host, clock }, runtimeTimes);
    const runtime = life.guard('runtime', this.#heard(plant?.runtime?.(bare, this.world, chance) ?? bare));
    const images = createMemoryImages({ clock }, { sources, disk: this.imageDisk });
    const agent = createAgent(
      {
        clock,
        random,
        log: quietLog,
        link: plant?.link?.(link, chance) ?? link,
        host: { bootId: host.bootId, cores: this.world.cores },
        runtimes: { qemu: runtime },
        images: life.guard('images', plant?.images?.(images, chance) ?? images),
        journal,
        prober: life.guard('prober', createFakeProber(this.world)),
      },
      {
        ...defaultAgentConfig,
        node: this.name,
        agentVersion: '0.1.0',
        capacity: { cpuCores: 8, memoryMib: 16_384 },
        ...this.#config,
      },
    );
    life.onEnd(() => onAgentGone({ sessions, silently: this.#powerIsLost }));
    trace.line(`${this.name} agent starts, crash ${crash === null ? 'never' : `${crash.how} call ${crash.at}`}`);
    agent.run(new AbortController().signal).catch((error: unknown) => {
      if (!life.dead) onAgentFailed(this.name, error);
    });
    return life;
  }

  /** An agent of the same name on another data directory of the same host, as a copied configuration would make. */
  startTwin(): Life {
    return this.start(null, new SimDisk(this.#deps.time, this.#deps.random.stream('twin')));
  }

  /** What its next life is told beside what it was told first. */
  configure(config: Partial<AgentConfig>): void {
    this.#config = { ...this.#config, ...config };
  }

  /** SIGKILL of the agent. */
  kill(): void {
    this.life?.end();
  }

  /** Power fails: agent and guests are gone at once, memory and boot id are others when it is back. */
  losePower(): void {
    this.#deps.trace.line(`${this.name} loses power`);
    this.#powerIsLost = true;
    this.life?.end();
    this.#powerIsLost = false;
    this.world.rebootHost();
    this.clock.reboot();
  }

  /** Tells of each call that is about an instance. */
  #heard(runtime: Runtime): Runtime {
    return new Proxy(runtime, {
      get: (of, key) => {
        const member: unknown = Reflect.get(of, key);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          const uid = (args[0] as { readonly uid?: Uid } | undefined)?.uid;
          if (uid !== undefined) this.#deps.onRuntimeCall(this, String(key), uid);
          return member.apply(of, args);
        };
      },
    });
  }

  #followProcesses(): void {
    const { world } = this;
    const start = world.startProcess;
    const end = world.endProcess;
    world.startProcess = (request) => {
      const process = start(request);
      this.#live.add(process);
      return process;
    };
    world.endProcess = (process, exit, oomKilled) => {
      this.#live.delete(process);
      end(process, exit, oomKilled);
    };
  }
}
