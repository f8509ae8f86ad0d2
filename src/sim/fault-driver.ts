/**
 * What befalls a world by chance: crashes, power failures, guests that end or hang, bad networks and disks. Every fault is
 * temporary; `heal` ends all of them at once, so that liveness can be judged.
 */
import type { FaultRate } from './fault-rate.ts';
import { guestFault } from './guest-fault.ts';
import { imageUrls, kernelUrl } from './images.ts';
import type { CrashKind, CrashPoint } from './life.ts';
import { fairWeather, foulWeather } from './sim-network.ts';
import type { SimNode } from './sim-node.ts';
import type { SimRandom } from './sim-random.ts';
import type { MachineClock } from './sim-time.ts';
import type { SimWorld } from './sim-world.ts';

const crashKinds: readonly CrashKind[] = ['before', 'after', 'part'];

export class FaultDriver {
  readonly #world: SimWorld;
  readonly #random: SimRandom;
  readonly #rate: FaultRate;
  #isCalm = false;
  /** Nodes whose host is without power. */
  readonly #dark = new Set<SimNode>();

  constructor(world: SimWorld, rate: FaultRate) {
    this.#world = world;
    this.#rate = rate;
    this.#random = world.random.stream('faults');
  }

  /** Starts everything, with supervisors that start again what died, and begins to make trouble. */
  begin(): void {
    this.#superviseControl();
    for (const node of this.#world.nodes) this.#superviseAgent(node);
    this.#next();
  }

  /** The last fault is over; everything is started again by its supervisor. */
  heal(): void {
    this.#isCalm = true;
    const { network, nodes, control, sources, trace } = this.#world;
    trace.line('the last fault is over');
    network.weather = fairWeather;
    network.cut.clear();
    control.disk.health = 'well';
    for (const url of [kernelUrl, ...imageUrls]) sources.setMode(url, 'serving');
    for (const node of nodes) {
      node.disk.health = 'well';
      node.faults.clear();
      for (const { vm } of node.processes) if (vm !== undefined) node.world.wake(vm.ref.uid);
    }
    // A crash that was planned for these lives would be one more fault.
    control.kill();
    for (const node of nodes) node.kill();
  }

  #superviseControl(): void {
    const { control, time } = this.#world;
    const life = control.start(this.#crashPoint());
    life.onEnd(() => void time.schedule(this.#restartMs(), () => this.#superviseControl()));
  }

  #superviseAgent(node: SimNode): void {
    const { time } = this.#world;
    const life = node.start(this.#crashPoint());
    life.onEnd(() => {
      const again = (): void => {
        if (this.#dark.has(node)) time.schedule(100, again);
        else this.#superviseAgent(node);
      };
      time.schedule(this.#restartMs(), again);
    });
  }

  #crashPoint(): CrashPoint | null {
    const { crashChance, latestCrashCall } = this.#rate;
    if (this.#isCalm || !this.#random.chance(crashChance)) return null;
    return { at: this.#random.between(1, latestCrashCall), how: this.#random.pick(crashKinds) };
  }

  #restartMs(): number {
    if (this.#isCalm) return 500;
    const ms = this.#random.chance(0.2) ? this.#random.between(5_000, 120_000) : this.#random.between(50, 3_000);
    return ms * this.#rate.duration;
  }

  #next(): void {
    const { time } = this.#world;
    time.schedule(this.#random.between(this.#rate.minMs, this.#rate.maxMs), () => {
      if (this.#isCalm) return;
      this.#strike();
      this.#next();
    });
  }

  #strike(): void {
    const node = this.#random.pick(this.#world.nodes);
    const kinds: readonly (readonly [number, string, () => void])[] = [
      [3, 'agent killed', () => node.kill()],
      [3, 'control killed', () => this.#world.control.kill()],
      [1, 'all killed', () => this.#killAll()],
      [1, 'power lost', () => this.#losePower(node)],
      [6, 'guest fault', () => this.#guestFault(node)],
      [4, 'runtime fault', () => this.#runtimeFault(node)],
      [2, 'network cut', () => this.#while(this.#world.network.cut, node.name, 90_000)],
      [2, 'weather', () => this.#weather()],
      [2, 'disk fault', () => this.#diskFault(node)],
      [2, 'no room', () => this.#fillHost(node)],
      [1, 'clock set', () => this.#setClock(node.clock)],
      [1, 'control clock set', () => this.#setClock(this.#world.control.clock)],
      [2, 'image fault', () => this.#imageFault(node)],
    ];
    const total = kinds.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#random.int(total);
    for (const [weight, name, strike] of kinds) {
      left -= weight;
      if (left >= 0) continue;
      this.#world.trace.line(`fault ${name} (${node.name})`);
      strike();
      return;
    }
  }

  #killAll(): void {
    this.#world.control.kill();
    for (const node of this.#world.nodes) node.kill();
  }

  #losePower(node: SimNode): void {
    this.#dark.add(node);
    node.losePower();
    this.#world.time.schedule(this.#random.between(1_000, 60_000) * this.#rate.duration, () => this.#dark.delete(node));
  }

  /** Mostly as time synchronisation corrects a clock, sometimes by hours, as after a boot with a dead battery. */
  #setClock(clock: MachineClock): void {
    const farthestMs = this.#random.chance(0.2) ? 5 * 3_600_000 : 20_000;
    clock.step(this.#random.between(-farthestMs, farthestMs));
  }

  #guestFault(node: SimNode): void {
    const { trace } = this.#world;
    guestFault({ trace, node, random: this.#random, later: (longestMs, end) => this.#later(longestMs, end) });
  }

  #runtimeFault(node: SimNode): void {
    const uid = this.#anyOf([...this.#world.history.vms.keys()]);
    if (uid === undefined) return;
    const { faults } = node;
    const kind = this.#random.int(5);
    if (kind === 0) this.#while(faults.spawnFails, uid, 60_000);
    else if (kind === 1) this.#while(faults.monitorSilent, uid, 90_000);
    else if (kind === 2) this.#while(faults.ignoresPowerButton, uid, 300_000);
    else if (kind === 3) this.#while(faults.failsChecks, uid, 600_000);
    else {
      faults.realiseFails.set(uid, 'pool_full');
      this.#later(60_000, () => faults.realiseFails.delete(uid));
    }
  }

  #weather(): void {
    const { network } = this.#world;
    network.weather = foulWeather;
    this.#later(120_000, () => {
      network.weather = fairWeather;
    });
  }

  #diskFault(node: SimNode): void {
    const disk = this.#random.chance(0.5) ? node.disk : this.#world.control.disk;
    disk.health = this.#random.chance(0.5) ? 'full' : 'broken';
    this.#later(30_000, () => {
      disk.health = 'well';
    });
  }

  /** Guests that write meanwhile wait for room, those of them that live now and those that boot. */
  #fillHost(node: SimNode): void {
    node.faults.hasNoRoom = true;
    for (const { vm } of node.processes) if (this.#random.chance(0.7)) vm?.write();
    // The journal of the agent may lie on the same disk.
    if (this.#random.chance(0.3)) node.disk.health = 'full';
    this.#later(300_000, () => {
      node.faults.hasNoRoom = false;
      node.disk.health = 'well';
    });
  }

  #imageFault(node: SimNode): void {
    const { sources } = this.#world;
    const damaged = this.#anyOf([...node.imageDisk.entries.keys()]);
    if (damaged !== undefined && this.#random.chance(0.3)) {
      node.damageImage(damaged);
      return;
    }
    const url = this.#random.pick([kernelUrl, ...imageUrls]);
    sources.setMode(url, this.#random.chance(0.7) ? 'unavailable' : 'corrupting');
    this.#later(60_000, () => sources.setMode(url, 'serving'));
  }

  #while<T>(set: Set<T>, member: T, longestMs: number): void {
    set.add(member);
    this.#later(longestMs, () => set.delete(member));
  }

  #later(longestMs: number, end: () => void): void {
    this.#world.time.schedule(this.#random.between(500, longestMs) * this.#rate.duration, () => {
      if (!this.#isCalm) end();
    });
  }

  #anyOf<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : this.#random.pick(list);
  }
}
