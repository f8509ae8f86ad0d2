/**
 * A user who makes and deletes one VM of its own again and again, and repeats each request under the same Idempotency-Key until
 * it is answered: whatever crashes in between, each wish is granted exactly once (spec §4).
 */
import type { Caller } from '../control/mutate.ts';
import { createVm } from '../control/operations/create-vm.ts';
import { deleteVm } from '../control/operations/delete-vm.ts';
import { aVm } from './scenarios/requests.ts';
import type { SimRandom } from './sim-random.ts';
import type { SimWorld } from './sim-world.ts';
import { type Answer, theUser } from './users.ts';

const ownName = 'solo';
const patienceMs = 1_500;

/** Answers after which the request is asked again: nothing is known to have happened. */
const passing = new Set([
  'idempotency_in_progress',
  'conflict',
  'store_full',
  'store_failed',
  'store_busy',
  'store_closed',
]);

export class CarefulUser {
  readonly #world: SimWorld;
  readonly #random: SimRandom;
  readonly #longestMs: number;
  #isOver = false;
  #wishes = 0;

  /** `longestMs`: how long it keeps what it made, at most. */
  constructor(world: SimWorld, longestMs: number) {
    this.#world = world;
    this.#longestMs = longestMs;
    this.#random = world.random.stream('careful user');
  }

  begin(): void {
    this.#live().catch((error: unknown) => this.#world.fail('careful-user', String(error)));
  }

  end(): void {
    this.#isOver = true;
  }

  async #live(): Promise<void> {
    const { time } = this.#world;
    while (!this.#isOver) {
      await this.#insist('create', (caller) => this.#create(caller));
      await time.sleep(this.#random.between(100, this.#longestMs));
      await this.#insist('delete', (caller) => this.#delete(caller));
      while (!this.#isOver && this.#isThere()) await time.sleep(patienceMs);
      await time.sleep(this.#random.int(this.#longestMs));
    }
  }

  /** Asks until answered. No other answer than a grant is right: nobody else touches this VM. */
  async #insist(what: string, ask: (caller: Caller) => Promise<Answer<unknown>>): Promise<void> {
    this.#wishes += 1;
    const key = `wish-${this.#wishes}`;
    const caller = { ...theUser, idempotency: { key, scope: `user:sim ${what}`, bodyHash: key } };
    while (!this.#isOver) {
      const answer = await ask(caller);
      if (answer.kind === 'done') return;
      if (answer.kind !== 'lost' && answer.code === 'replayed') return;
      if (answer.kind !== 'lost' && !passing.has(answer.code)) {
        this.#world.fail(
          'careful-user',
          `${what} of ${ownName}, asked again and again under one key, got ${answer.code}`,
        );
        return;
      }
      await this.#world.time.sleep(patienceMs);
    }
  }

  #create(caller: Caller): Promise<Answer<unknown>> {
    const body = aVm(ownName, { memory_mib: 64 });
    return this.#world.users.ask(`create ${ownName} insisting`, ({ ctx }) =>
      createVm(ctx, caller, body, { ifNoneMatch: false }),
    );
  }

  #delete(caller: Caller): Promise<Answer<unknown>> {
    const options = { ifMatch: null, graceful: false, forget: false };
    return this.#world.users.ask(`delete ${ownName} insisting`, ({ ctx }) => deleteVm(ctx, caller, ownName, options));
  }

  /** While nobody can be asked, it counts as there. */
  #isThere(): boolean {
    const { plane } = this.#world.control;
    return plane === null || plane.model.get(ownName) !== undefined;
  }
}
