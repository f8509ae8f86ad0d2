import { CallQueue } from './call-queue.ts';
import type { Answer, CallRequest } from './hook.ts';
import type { LocalHook } from './local-hook.ts';
import type { RpcError } from './rpc-error.ts';

/**
 * When calls on one object are run. A streaming call is answered for more than itself: its caller sends on without
 * having heard of it. So nothing else of the object begins before it has ended, and once one has failed, whatever comes
 * behind it fails with the same error.
 *
 *     free ──begin──> taken (calls wait) ──end──> free, once those that waited have had their turns
 *       └──────────────── break ────────────────> broken
 */
export class Turns {
  /** A streaming call runs. */
  taken = false;
  /** The error of the first that failed. */
  failure: RpcError | undefined;
  readonly #hook: LocalHook;
  #passing = false;
  #queue: CallQueue | undefined;

  constructor(hook: LocalHook) {
    this.#hook = hook;
  }

  get free(): boolean {
    return !this.taken && this.failure === undefined && (this.#queue?.empty ?? true);
  }

  /** Why a call cannot even wait. */
  refusal(): RpcError | undefined {
    return this.failure ?? this.#queue?.refusal();
  }

  wait(request: CallRequest): Answer {
    this.#queue ??= new CallQueue(this.#hook, 'this object');
    return this.#queue.add(request);
  }

  /** A streaming call begins. */
  begin(): void {
    this.taken = true;
  }

  /** It has ended. */
  end(): void {
    this.taken = false;
    if (this.#passing) return;
    this.#passing = true;
    this.#queue?.drain(
      (request) => this.#hook.start(request),
      () => !this.taken,
    );
    this.#passing = false;
  }

  /** A streaming call has failed. */
  break(error: RpcError): void {
    this.failure ??= error;
  }
}
