import { BrokenHook, brokenAnswer, dropParams } from './broken-hook.ts';
import type { Answer, CallRequest, Hook } from './hook.ts';
import { QueuedAnswer } from './queued-answer.ts';
import { materialize } from './request.ts';
import { RpcError } from './rpc-error.ts';

/** Calls one unresolved promise keeps waiting; more are refused as overloaded, so that memory stays bounded. */
export const MAX_QUEUED_CALLS = 10_000;

type Waiting = { readonly request: CallRequest; readonly answer: QueuedAnswer };

/**
 * A capability that is not known yet. Calls wait in order and go on, in order, the moment it is settled; calls made
 * while the queue empties go behind it.
 *
 *     waiting ──settle(hook)──> flushing ──queue empty──> settled(hook)
 */
export class PromiseHook implements Hook {
  readonly session = undefined;
  #target: Hook | undefined;
  #flushing = false;
  #queue: Waiting[] = [];
  #resolvedWatchers: (() => void)[] = [];
  #refs = 1;

  get brokenBy(): unknown {
    return undefined;
  }

  get whenResolved(): ((fn: () => void) => void) | undefined {
    if (this.#settled) return undefined;
    return (fn) => {
      this.#resolvedWatchers.push(fn);
    };
  }

  get #settled(): Hook | undefined {
    return this.#flushing ? undefined : this.#target;
  }

  call(request: CallRequest): Answer {
    const target = this.#settled;
    if (target !== undefined) return target.call(request);
    if (this.#queue.length >= MAX_QUEUED_CALLS) {
      dropParams(request);
      const reason = `Cannot queue call: ${MAX_QUEUED_CALLS} wait for this promise`;
      return brokenAnswer(new RpcError('overloaded', reason, { mayHaveRun: false }));
    }
    const ready = materialize(request);
    if ('error' in ready) return brokenAnswer(ready.error);
    const answer = new QueuedAnswer(request.signal);
    this.#queue.push({ request: ready.request, answer });
    return answer;
  }

  /** Says what the promise stands for; takes over one reference to `hook`. Later calls of this are ignored. */
  settle(hook: Hook): void {
    if (this.#target !== undefined) {
      hook.release();
      return;
    }
    const target =
      hook.resolved() === this ? new BrokenHook(new RpcError('failed', 'Promise resolves to itself')) : hook;
    this.#target = target;
    this.#flushing = true;
    for (let i = 0; i < this.#queue.length; i++) {
      const waiting = this.#queue[i];
      if (waiting !== undefined) forward(waiting, target);
    }
    this.#queue = [];
    this.#flushing = false;
    // Before the watchers: one of them may give up the last reference, which then releases the target itself.
    if (this.#refs === 0) target.release();
    const watchers = this.#resolvedWatchers;
    this.#resolvedWatchers = [];
    for (const watcher of watchers) watcher();
  }

  fail(error: unknown): void {
    this.settle(new BrokenHook(error));
  }

  addRef(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs === 0) this.#settled?.release();
  }

  resolved(): Hook {
    return this.#settled?.resolved() ?? this;
  }
}

function forward({ request, answer }: Waiting, target: Hook): void {
  if (answer.ended) dropParams(request);
  else answer.attach(target.call(request));
}
