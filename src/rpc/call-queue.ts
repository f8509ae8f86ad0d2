import { brokenAnswer, dropParams, refused } from './broken-hook.ts';
import type { Answer, CallRequest, Hook } from './hook.ts';
import { inTurn } from './in-turn.ts';
import { QueuedAnswer } from './queued-answer.ts';
import { materialize } from './request.ts';
import { RpcError } from './rpc-error.ts';

/** Calls that may wait for one promise, or for one object; more are refused as overloaded, so that memory stays bounded. */
export const MAX_QUEUED_CALLS = 10_000;

type Waiting = { readonly request: CallRequest; readonly answer: QueuedAnswer };

/** What calls wait for: told of each that begins to wait, and of each that has been made or given up. */
type QueueOwner = { callBegins(): void; callEnds(): void };

/** Calls that cannot be made yet, in their order. Each keeps what it is a call on. */
export class CallQueue {
  readonly #owner: QueueOwner;
  readonly #waitFor: string;
  readonly #promise: Hook | undefined;
  readonly #waiting = new Set<Waiting>();

  /** `promise`: what has to be known before the calls can be made, if they are not merely waiting for their turn. */
  constructor(owner: QueueOwner, waitFor: string, promise?: Hook) {
    this.#owner = owner;
    this.#waitFor = waitFor;
    this.#promise = promise;
  }

  get empty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Why no more calls can wait. */
  refusal(): RpcError | undefined {
    if (this.#waiting.size < MAX_QUEUED_CALLS) return undefined;
    const reason = `Cannot queue call: ${MAX_QUEUED_CALLS} wait for ${this.#waitFor}`;
    return new RpcError('overloaded', reason, { mayHaveRun: false });
  }

  add(request: CallRequest): Answer {
    const refusal = this.refusal();
    if (refusal !== undefined) return refused(request, refusal);
    const ready = materialize(request);
    if ('error' in ready) return brokenAnswer(ready.error);
    if (request.signal?.aborted === true) {
      return refused(ready.request, request.signal.reason);
    }
    const answer: QueuedAnswer = new QueuedAnswer(request.signal, () => this.#leave(waiting), this.#promise);
    const waiting: Waiting = { request: ready.request, answer };
    this.#waiting.add(waiting);
    this.#owner.callBegins();
    return answer;
  }

  /** Makes the calls, in order, those as well that come meanwhile, for as long as `may` says. */
  drain(call: (request: CallRequest) => Answer, may: () => boolean): void {
    for (const waiting of this.#waiting) {
      if (!may()) return;
      this.#waiting.delete(waiting);
      const made = call(waiting.request);
      inTurn(() => waiting.answer.attach(made));
      this.#owner.callEnds();
    }
  }

  /** Nobody wants it any more. */
  #leave(waiting: Waiting): void {
    if (!this.#waiting.delete(waiting)) return;
    dropParams(waiting.request);
    this.#owner.callEnds();
  }
}
