import type { Settled } from './answer-capabilities.ts';
import { Pointer } from './capnp/pointer.ts';
import type { Answer, Hook } from './hook.ts';
import { inTurn } from './in-turn.ts';
import { Outcome } from './outcome.ts';
import { abortError } from './plain-error.ts';
import { blankMessage, copiedMessage } from './request.ts';

/** The call of the peer whose results are kept. */
type Owner = {
  readonly capabilities: { find(path: readonly number[]): Hook };
  readonly source: Answer | undefined;
  cancelUnwanted(): void;
};

/**
 * Results that stay here, for a call of ours that the peer answers with takeFromOtherQuestion. Until its Finish the
 * peer calls through them as well, so what is taken is a copy, with references of its own. From the moment they are
 * taken they are wanted, whatever the peer finishes: it has no more to do with them.
 *
 *     kept ──take──> taken ──close──> closed
 *                      └──cancel──> canceled
 */
export class KeptResults implements Answer {
  readonly outcome = new Outcome<Pointer>();
  readonly #owner: Owner;
  #state: 'kept' | 'taken' | 'closed' | 'canceled' = 'kept';
  #settled: Settled | undefined;
  #copy: Pointer | undefined;
  /** Whoever has taken them hears, or will in a moment, how the call ended. */
  #told = false;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  get wanted(): boolean {
    return this.#state === 'taken';
  }

  get canceled(): boolean {
    return this.#state === 'canceled';
  }

  get from(): Answer | undefined {
    return this.#owner.source;
  }

  /** False: somebody else has taken them. */
  take(): boolean {
    if (this.#state !== 'kept') return false;
    this.#state = 'taken';
    this.#tell();
    return true;
  }

  settle(how: Settled): void {
    this.#settled ??= how;
    this.#tell();
  }

  #tell(): void {
    const settled = this.#settled;
    if (this.#state !== 'taken' || settled === undefined || this.#told) return;
    this.#told = true;
    if (!settled.ok) {
      inTurn(() => this.outcome.reject(settled.error));
      return;
    }
    let copy: Pointer;
    try {
      const { results } = settled;
      const message = results === undefined ? blankMessage() : copiedMessage(results);
      copy = new Pointer(message.first, 0, message.nesting);
    } catch (error) {
      inTurn(() => this.outcome.reject(error));
      return;
    }
    this.#copy = copy;
    inTurn(() => this.outcome.resolve(copy));
  }

  pipeline(path: readonly number[]): Hook {
    return this.#owner.capabilities.find(path);
  }

  cancel(reason: unknown): void {
    if (this.outcome.pending) this.#giveUp('canceled', reason);
  }

  close(): void {
    this.#giveUp('closed', abortError('The call was closed'));
  }

  #giveUp(state: 'closed' | 'canceled', reason: unknown): void {
    if (this.#state !== 'taken') return;
    this.#state = state;
    this.#copy?.segment.message.releaseCaps();
    this.outcome.reject(reason);
    inTurn(() => this.#owner.cancelUnwanted());
  }
}
