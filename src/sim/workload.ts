/** Users who do something every now and then: create, change, stop, start, delete, over a handful of names. */
import { applyBatch } from '../control/operations/apply-batch.ts';
import type { LabelSelector } from '../control/operations/label-selector.ts';
import { everything, listVms } from '../control/operations/list-vms.ts';
import { cancelVmTask } from '../control/operations/tasks.ts';
import type { JsonObject } from '../core/kit/json.ts';
import { isFinished } from '../core/task/task.ts';
import { imageUrls } from './images.ts';
import { aVm, create, patch, pause, remove, reset, resize, verb } from './scenarios/requests.ts';
import type { SimRandom } from './sim-random.ts';
import type { SimWorld } from './sim-world.ts';
import { theUser } from './users.ts';

const names = ['alpha', 'beta', 'gamma'] as const;

const ofTheSet: LabelSelector = [{ key: 'set', op: 'equals', value: 'mix' }];

/** Guests with these end themselves whenever they have booted. */
export const endingCmdlines: readonly string[] = ['holdfast.panic', 'holdfast.poweroff'];

/** By the forward that some of the VMs have. */
const healthCheck = { name: 'up', http: { port: 80 }, retries: 2 };

export class Workload {
  readonly #world: SimWorld;
  readonly #random: SimRandom;
  readonly #pauseMs: number;
  readonly #hostPorts: readonly number[];
  #isOver = false;

  /** `pauseMs`: the longest time between two requests. `hostPorts`: what forwards ask for, 0 for any free one. */
  constructor(world: SimWorld, pauseMs = 90_000, hostPorts: readonly number[] = [0, 0, 2_222]) {
    this.#world = world;
    this.#pauseMs = pauseMs;
    this.#hostPorts = hostPorts;
    this.#random = world.random.stream('workload');
  }

  /** Begins to ask; each request runs by itself, several at once where they are slow. */
  begin(): void {
    for (const name of names.slice(0, 2)) void create(this.#world, name, this.#fields());
    this.#next();
  }

  end(): void {
    this.#isOver = true;
  }

  #next(): void {
    const ms = this.#random.chance(0.2)
      ? this.#random.between(1, 2_000)
      : this.#random.between(Math.ceil(this.#pauseMs / 30), this.#pauseMs);
    this.#world.time.schedule(ms, () => {
      if (this.#isOver) return;
      void this.#ask();
      this.#next();
    });
  }

  #ask(): Promise<unknown> {
    const world = this.#world;
    const name = this.#random.pick(names);
    const requests: readonly (readonly [number, () => Promise<unknown>])[] = [
      [8, () => create(world, name, this.#fields())],
      [4, () => verb(world, name, 'start')],
      [4, () => verb(world, name, 'stop')],
      [2, () => verb(world, name, 'poweroff')],
      [3, () => verb(world, name, 'reboot')],
      [2, () => pause(world, name, 'pause')],
      [2, () => pause(world, name, 'resume')],
      [1, () => reset(world, name)],
      [3, () => remove(world, name, { graceful: this.#random.chance(0.3) })],
      [1, () => remove(world, name, { forget: true })],
      [3, () => patch(world, name, { labels: { round: String(this.#random.int(5)) } })],
      [4, () => this.#change(name)],
      [2, () => resize(world, name, this.#size(), { onRestart: this.#consent() })],
      [2, () => this.#apply()],
      [1, () => this.#list()],
      [1, () => this.#cancel()],
    ];
    let left = this.#random.int(requests.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, request] of requests) {
      left -= weight;
      if (left < 0) return request();
    }
    return Promise.resolve();
  }

  #change(name: string): Promise<unknown> {
    const bodies: readonly JsonObject[] = [
      { restart_policy: this.#random.pick(['never', 'on_failure', 'always']) },
      { stop: { grace_seconds: this.#random.between(1, 20), on_timeout: this.#random.pick(['kill', 'fail']) } },
      { drift_policy: this.#random.pick(['correct', 'detect']) },
      { on_unresponsive: this.#random.pick(['report', 'restart']) },
      { cmdline: `quiet round=${this.#random.int(3)}` },
      { image_url: this.#random.pick(imageUrls), image_format: 'raw' },
      { desired_phase: this.#random.pick(['running', 'stopped']) },
      { start_at_boot: this.#random.chance(0.5) },
      { deletion_protection: this.#random.chance(0.3) },
      { depends_on: this.#random.chance(0.5) ? [this.#random.pick(names)] : [] },
      { health_checks: this.#random.chance(0.5) ? [healthCheck] : [] },
      { disks: ['data', 'logs'].filter(() => this.#random.chance(0.5)).map((name) => this.#disk(name)) },
      { nics: ['net0', 'net1'].filter(() => this.#random.chance(0.6)).map((name) => ({ name })) },
      this.#size(),
    ];
    const consent = { onRestart: this.#consent(), allowReplace: this.#random.chance(0.5) };
    return patch(this.#world, name, this.#random.pick(bodies), consent);
  }

  #apply(): Promise<unknown> {
    const consent = { onRestart: this.#consent(), allowReplace: true };
    const documents = names
      .filter(() => this.#random.chance(0.6))
      .map((name) => aVm(name, { ...this.#fields(), labels: { set: 'mix' } }));
    const prune = this.#random.chance(0.3) ? { selector: ofTheSet, limit: 1 } : null;
    return this.#world.users.ask(`apply ${documents.length}${prune === null ? '' : ' and prune'}`, (plane) =>
      applyBatch(plane.ctx, theUser, { documents, consent, prune }),
    );
  }

  /** Takes back what is under way, where that can be taken back. */
  #cancel(): Promise<unknown> {
    const own: readonly string[] = names;
    const open = [...this.#world.history.tasks.values()].filter(
      ({ status, resource }) => !isFinished(status) && own.includes(resource.name),
    );
    if (open.length === 0) return Promise.resolve();
    const task = this.#random.pick(open);
    return this.#world.users.ask(`cancel ${task.type} of ${task.resource.name}`, (plane) =>
      cancelVmTask(plane.ctx, theUser, task.id),
    );
  }

  async #list(): Promise<void> {
    const { plane } = this.#world.control;
    if (plane === null) return;
    const page = listVms(plane.ctx, { filter: everything, limit: 100, cursor: null });
    if ('refused' in page) this.#world.fail('list', `a first page was refused: ${page.message}`);
  }

  #fields(): JsonObject {
    const random = this.#random;
    return {
      ...this.#size(),
      restart_policy: random.pick(['never', 'on_failure', 'on_failure', 'always']),
      stop: { grace_seconds: random.between(1, 20), on_timeout: random.pick(['kill', 'kill', 'fail']) },
      ...(random.chance(0.3) ? { image_url: random.pick(imageUrls), image_format: 'raw' } : {}),
      ...(random.chance(0.2) ? { disks: [this.#disk('data')] } : {}),
      ...(random.chance(0.4)
        ? { nics: [{ name: 'net0', forwards: [{ guest_port: 80, host_port: random.pick(this.#hostPorts) }] }] }
        : {}),
      ...(random.chance(0.5) ? { health_checks: [healthCheck] } : {}),
      ...(random.chance(0.1) ? { cmdline: random.pick(endingCmdlines) } : {}),
      ...(random.chance(0.1) ? { drift_policy: 'detect' } : {}),
      ...(random.chance(0.2) ? { start_at_boot: false } : {}),
      ...(random.chance(0.3) ? { on_unresponsive: 'restart' } : {}),
      ...(random.chance(0.1) ? { depends_on: [random.pick(names)] } : {}),
    };
  }

  #disk(name: string): JsonObject {
    return { name, size_gib: this.#random.between(1, 3) };
  }

  #size(): JsonObject {
    const memory = this.#random.between(2, 6) * 64;
    return { memory_mib: memory, ...(this.#random.chance(0.5) ? { memory_max_mib: 512 } : {}) };
  }

  #consent(): 'refuse' | 'restart' | 'defer' {
    return this.#random.pick(['refuse', 'restart', 'restart', 'defer']);
  }
}
