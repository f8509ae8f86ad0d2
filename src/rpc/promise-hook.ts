import { BrokenHook, brokenAnswer, refused } from './broken-hook.ts';
import { CallQueue, MAX_QUEUED_CALLS } from './call-queue.ts';
import { circle } from './circle.ts';
import type { Answer, CallRequest, Hook, MethodIds } from './hook.ts';
import { inTurn } from './in-turn.ts';
import { materialize } from './request.ts';
import type { RpcError } from './rpc-error.ts';
import { Watchers } from './watchers.ts';

/**
 * A capability that is not known yet. Calls wait in order and go on, in order, the moment it is settled; calls made
 * while the queue empties go behind it.
 *
 *     waiting ──settle(hook)──> flushing ──queue empty──> settled(hook)
 *       └──last reference and last waiting call gone──> unwanted, which its maker is told
 */
export class PromiseHook implements Hook {
  readonly session = undefined;
  #target: Hook | undefined;
  #flushing = false;
  #queue: CallQueue | undefined;
  readonly #misses = new Map<string, { readonly call: MethodIds; readonly error: RpcError }>();
  readonly #unwanted: (() => void) | undefined;
  readonly #waitsFor: Hook | undefined;
  readonly #watchers = new Watchers();
  #refs = 1;

  /** `waitsFor`: what has to be known first, for a result of a call that waits for it. */
  constructor(unwanted?: () => void, waitsFor?: Hook) {
    this.#unwanted = unwanted;
    this.#waitsFor = waitsFor;
  }

  get brokenBy(): unknown {
    return undefined;
  }

  get whenResolved(): ((fn: () => void) => () => void) | undefined {
    return this.#settled === undefined ? (fn) => this.#watchers.add(fn) : undefined;
  }

  get #settled(): Hook | undefined {
    return this.#flushing ? undefined : this.#target;
  }

  call(request: CallRequest): Answer {
    const settled = this.#settled;
    if (settled !== undefined) return settled.call(request);
    this.#queue ??= new CallQueue(this, 'this promise', this);
    const refusal = this.#queue.refusal();
    if (refusal !== undefined) {
      this.missed(request, refusal);
      return refused(request, refusal);
    }
    const ready = materialize(request);
    if ('error' in ready) return brokenAnswer(ready.error);
    // Filling in may have run any code: it may have settled this very promise.
    return this.#settled?.call(ready.request) ?? this.#queue.add(ready.request);
  }

  /** Whether it was a call of a stream is known when the promise is settled. One call of each method says enough. */
  missed(call: MethodIds, error: RpcError): void {
    const { interfaceId, methodId } = call;
    if (this.#target !== undefined) this.#target.missed?.(call, error);
    else if (this.#misses.size < MAX_QUEUED_CALLS) {
      const key = `${interfaceId} ${methodId}`;
      if (!this.#misses.has(key)) this.#misses.set(key, { call: { interfaceId, methodId }, error });
    }
  }

  /** Says what the promise stands for; takes over one reference to `hook`. Later calls of this are ignored. */
  settle(hook: Hook): void {
    if (this.#target !== undefined) {
      hook.release();
      return;
    }
    const target = this.#isAwaitedBy(hook) ? circle(hook) : hook;
    this.#target = target;
    this.#flushing = true;
    for (const { call, error } of this.#misses.values()) target.missed?.(call, error);
    this.#misses.clear();
    this.#queue?.drain(
      (request) => target.call(request),
      () => true,
    );
    this.#flushing = false;
    // Before the watchers: one of them may give up the last reference, which then releases the target itself.
    if (this.#refs === 0) target.release();
    this.#watchers.notify();
  }

  /** It is this promise, or a result of a call that waits for it, or for a call that does, and so on. */
  #isAwaitedBy(hook: Hook): boolean {
    let at: Hook | undefined = hook.resolved();
    while (at instanceof PromiseHook && at !== this) at = at.#waitsFor?.resolved();
    return at === this;
  }

  fail(error: unknown): void {
    this.settle(new BrokenHook(error));
  }

  callBegins(): void {
    this.addRef();
  }

  callEnds(): void {
    this.release();
  }

  addRef(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs > 0) return;
    if (this.#target !== undefined) this.#settled?.release();
    else if (this.#unwanted !== undefined) inTurn(() => this.#tellUnwanted());
  }

  #tellUnwanted(): void {
    if (this.#refs === 0 && this.#target === undefined) this.#unwanted?.();
  }

  resolved(): Hook {
    return this.#settled?.resolved() ?? this;
  }
}
