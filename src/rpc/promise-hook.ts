import { BrokenHook } from './broken-hook.ts';
import { CallQueue } from './call-queue.ts';
import type { Answer, CallRequest, Hook } from './hook.ts';
import { RpcError } from './rpc-error.ts';

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
  readonly #unwanted: (() => void) | undefined;
  #resolvedWatchers: (() => void)[] = [];
  #refs = 1;

  constructor(unwanted?: () => void) {
    this.#unwanted = unwanted;
  }

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
    if (this.#settled !== undefined) return this.#settled.call(request);
    this.#queue ??= new CallQueue(this, 'this promise');
    return this.#queue.add(request);
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
    this.#queue?.drain(
      (request) => target.call(request),
      () => true,
    );
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
    if (--this.#refs > 0) return;
    if (this.#target === undefined) this.#unwanted?.();
    else this.#settled?.release();
  }

  resolved(): Hook {
    return this.#settled?.resolved() ?? this;
  }
}
