import { type BatchFate, createMemoryStore, MemoryMedium } from '../adapters/store/memory.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Store } from '../ports/store.ts';
import type { Life } from './life.ts';
import type { SimRandom } from './sim-random.ts';
import type { SimTime } from './sim-time.ts';

/** Small, so that the few callers of a world meet what many meet of a real store: batches begun early, answers told in turns. */
const pace = { enoughCommits: 3, answersPerTurn: 2 };

/** What a disk does to writes now. */
export type DiskHealth = 'well' | 'full' | 'broken';

/**
 * A disk with one store on it. It outlives the lives that use it; one life at a time may (the data directory's lock). A
 * commit takes time; a torn one keeps some whole transactions from the front, as recovery would leave it.
 */
export class SimDisk {
  medium = new MemoryMedium();
  health: DiskHealth = 'well';
  /** Longest time one sync takes. */
  slowestSyncMs = 4;
  #user: Life | null = null;
  readonly #time: SimTime;
  readonly #random: SimRandom;

  constructor(time: SimTime, random: SimRandom) {
    this.#time = time;
    this.#random = random;
  }

  /** Opens the store for a life. Fault `data_dir_in_use` while another life has it. */
  open(life: Life): Store {
    if (this.#user !== null && !this.#user.dead) {
      throw new Fault('data_dir_in_use', 'Cannot open the data directory: another process has it', { retry: 'never' });
    }
    this.#user = life;
    const { medium } = this;
    life.onEnd(() => medium.crash());
    return createMemoryStore({ medium, decideFate: (batch) => this.#decideFate(life, batch.commits), pace });
  }

  /** A new, empty disk takes the place of this one. */
  wipe(): void {
    this.medium.crash();
    this.medium = new MemoryMedium();
  }

  async #decideFate(life: Life, commits: number): Promise<BatchFate> {
    await this.#time.sleep(this.#random.between(0, this.slowestSyncMs));
    if (life.tears) {
      // The process dies a moment after the medium has what it will ever have of this batch.
      this.#time.schedule(0, () => life.end());
      return { kind: 'crash', durableCommits: this.#random.int(commits + 1) };
    }
    if (this.health === 'full') return { kind: 'refused', code: 'store_full' };
    if (this.health === 'broken') return { kind: 'refused', code: 'store_failed' };
    return { kind: 'durable' };
  }
}
