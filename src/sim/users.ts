/**
 * Users: they call the control plane's operations as the API would, over a line that may break. What they were answered is
 * remembered, since an answer is a promise (acknowledged = durable).
 */
import type { ControlPlane } from '../control/control-plane.ts';
import type { Caller, Mutated } from '../control/mutate.ts';
import { isRefused, type Refusal } from '../control/refusal.ts';
import type { Uid } from '../core/kit/brand.ts';
import { faultCode } from '../core/kit/fault.ts';
import type { SimControl } from './sim-control.ts';
import type { SimRandom } from './sim-random.ts';
import type { SimTime } from './sim-time.ts';
import type { Trace } from './trace.ts';

export type Answer<T> =
  | { readonly kind: 'done'; readonly result: T; readonly revision: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'fault'; readonly code: string }
  /** Nobody answered: whether it took effect is unknown. */
  | { readonly kind: 'lost' };

/** A promise given to a user: this VM is at least at this generation, for ever. */
export interface Acknowledged {
  readonly uid: Uid;
  readonly name: string;
  readonly generation: number;
  readonly what: string;
}

export const theUser: Caller = { principal: 'user:sim', role: 'admin', idempotency: null };

const slowestLineMs = 15;

export class Users {
  readonly acknowledged: Acknowledged[] = [];
  readonly #control: SimControl;
  readonly #time: SimTime;
  readonly #random: SimRandom;
  readonly #trace: Trace;

  constructor(deps: {
    readonly control: SimControl;
    readonly time: SimTime;
    readonly random: SimRandom;
    readonly trace: Trace;
  }) {
    this.#control = deps.control;
    this.#time = deps.time;
    this.#random = deps.random;
    this.#trace = deps.trace;
  }

  /** One request; `after` reads, in the moment of the answer, what the answer promises. */
  async ask<T>(
    what: string,
    request: (plane: ControlPlane) => Promise<Mutated<T> | Refusal>,
    promised?: (plane: ControlPlane, result: T) => Acknowledged | null,
  ): Promise<Answer<T>> {
    await this.#time.sleep(this.#random.int(slowestLineMs));
    const { plane, life } = this.#control;
    if (plane === null || life === null) return this.#told(what, { kind: 'lost' });
    const answer = await new Promise<Answer<T>>((resolve) => {
      const forget = life.onEnd(() => resolve({ kind: 'lost' }));
      request(plane).then(
        (result) => {
          forget();
          if (life.dead) return;
          resolve(answerOf(result));
        },
        (error: unknown) => {
          forget();
          if (!life.dead) resolve({ kind: 'fault', code: faultCode(error) });
        },
      );
    });
    if (answer.kind === 'done' && promised !== undefined) {
      const promise = promised(plane, answer.result);
      if (promise !== null) this.acknowledged.push(promise);
    }
    return this.#told(what, answer);
  }

  #told<T>(what: string, answer: Answer<T>): Answer<T> {
    const word = answer.kind === 'refused' || answer.kind === 'fault' ? `${answer.kind} ${answer.code}` : answer.kind;
    this.#trace.line(`user ${what}: ${word}`);
    return answer;
  }
}

function answerOf<T>(result: Mutated<T> | Refusal): Answer<T> {
  if (isRefused(result)) return { kind: 'refused', code: result.code, message: result.message };
  if (result.kind === 'replayed') return { kind: 'refused', code: 'replayed', message: 'an answer given before' };
  return { kind: 'done', result: result.result, revision: result.revision };
}
