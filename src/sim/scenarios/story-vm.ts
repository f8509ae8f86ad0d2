/** A VM as a story tells of it: what its user does with it, as users read it, and as it is on the hosts. */
import type { ChangeConsent } from '../../control/operations/change-vm.ts';
import type { VmReading } from '../../core/convergence/reading.ts';
import { currentObservation } from '../../core/convergence/vm-view.ts';
import type { AsyncVerb, PauseVerb } from '../../core/desired/decide-verb.ts';
import type { Phase } from '../../core/instance/phase.ts';
import type { Uid } from '../../core/kit/brand.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import type { ObservedIncarnation, ObservedInstance } from '../../core/node/observation.ts';
import { SimFailure } from '../sim-failure.ts';
import type { SimWorld } from '../sim-world.ts';
import type { Answer } from '../users.ts';
import { create, patch, pause, remove, verb } from './requests.ts';

type Settled = Extract<Phase, 'running' | 'stopped' | 'paused'>;

const convergedWithinMs = 120_000;

export class StoryVm {
  readonly name: string;
  readonly #world: SimWorld;
  #uid: Uid | null = null;

  constructor(world: SimWorld, name: string) {
    this.#world = world;
    this.name = name;
  }

  /** Null while there is none, or nobody to ask. */
  get reading(): VmReading | null {
    return this.#world.control.plane?.model.get(this.name)?.reading ?? null;
  }

  get observed(): ObservedInstance | null {
    const { reading } = this;
    return reading === null ? null : (currentObservation(reading.view)?.instance ?? null);
  }

  get incarnation(): ObservedIncarnation | null {
    return this.observed?.incarnation ?? null;
  }

  /** Code of the reason of `pending` and `error`. */
  get reason(): string | null {
    return this.reading?.reason?.code ?? null;
  }

  /** Of the first VM of this name; it outlives the store that gave it. */
  get uid(): Uid {
    this.#uid ??= this.reading?.view.record.uid ?? null;
    if (this.#uid === null) throw this.#failure(`there is no VM "${this.name}"`);
    return this.#uid;
  }

  /** Live processes on all hosts. */
  get processes(): number {
    return this.#world.nodes.reduce((sum, node) => sum + node.world.vmProcesses(this.uid).length, 0);
  }

  /** Its files on a host. */
  filesOn(node = 0) {
    return this.#world.node(node).world.instances.get(this.uid);
  }

  is(phase: Phase): boolean {
    return this.reading?.phase === phase;
  }

  isConverged(phase: Settled = 'running'): boolean {
    return this.is(phase) && this.reading?.inSync === true;
  }

  async converged(phase: Settled = 'running'): Promise<void> {
    await this.until(() => this.isConverged(phase), convergedWithinMs, `${phase} and in sync`);
  }

  /** Lets time pass until it is so of this VM. */
  async until(condition: () => boolean, maxMs: number, what: string): Promise<void> {
    await this.#world.until(condition, maxMs, `"${this.name}": ${what}`);
  }

  /** Makes it and waits until it runs. */
  async running(fields: JsonObject = {}): Promise<this> {
    await this.create(fields);
    await this.converged();
    return this;
  }

  async create(fields: JsonObject = {}): Promise<void> {
    await this.#granted(create(this.#world, this.name, fields));
  }

  async ask(what: AsyncVerb | PauseVerb): Promise<void> {
    const isSync = what === 'pause' || what === 'resume';
    await this.#granted<unknown>(isSync ? pause(this.#world, this.name, what) : verb(this.#world, this.name, what));
  }

  async patch(body: JsonObject, consent: Partial<ChangeConsent> = {}): Promise<void> {
    await this.#granted(patch(this.#world, this.name, body, consent));
  }

  /** The code with which a patch is refused. */
  async refusedPatch(body: JsonObject, consent: Partial<ChangeConsent> = {}): Promise<string> {
    const answer = await this.#world.during(patch(this.#world, this.name, body, consent));
    return answer.kind === 'refused' || answer.kind === 'fault' ? answer.code : answer.kind;
  }

  async remove(options: { readonly graceful?: boolean } = {}): Promise<void> {
    await this.#granted(remove(this.#world, this.name, options));
  }

  async #granted<T>(request: Promise<Answer<T>>): Promise<void> {
    const answer = await this.#world.during(request);
    if (answer.kind !== 'done') throw this.#failure(`a request was not granted: ${JSON.stringify(answer)}`);
  }

  #failure(what: string): SimFailure {
    return new SimFailure('scenario', what, this.#world.time.elapsedMs);
  }
}
