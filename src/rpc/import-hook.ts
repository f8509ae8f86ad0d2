import { BrokenHook } from './broken-hook.ts';
import type { Answer, CallRequest, Hook, HookSession } from './hook.ts';
import type { Session } from './session.ts';

/**
 * A capability the peer hosts. One object for one id; `wireRefs` counts how often the peer sent it, which is what has
 * to be given back in the end.
 *
 *     live ──last reference released──> released to the peer
 *       └──Resolve (promises only)──> redirected, the id released to the peer
 *       └──connection lost──> broken
 */
export class ImportHook implements Hook {
  readonly id: number;
  readonly isPromise: boolean;
  wireRefs = 0;
  /** How many promises in a row resolved to this one. */
  hops = 0;
  readonly #session: Session;
  #refs = 0;
  #used = false;
  #redirect: Hook | undefined;
  #watchers: (() => void)[] = [];

  constructor(session: Session, id: number, isPromise: boolean) {
    this.#session = session;
    this.id = id;
    this.isPromise = isPromise;
  }

  get session(): HookSession | undefined {
    return this.#redirect === undefined ? this.#session : undefined;
  }

  get brokenBy(): unknown {
    return undefined;
  }

  get whenResolved(): ((fn: () => void) => void) | undefined {
    if (!this.isPromise || this.#redirect !== undefined) return undefined;
    return (fn) => {
      this.#watchers.push(fn);
    };
  }

  call(request: CallRequest): Answer {
    if (this.#redirect !== undefined) return this.#redirect.call(request);
    this.#used = true;
    return this.#session.sendCall({ kind: 'import', id: this.id }, request);
  }

  /** Calls may reach it through the peer: a shorter way opened later has to wait for them. */
  markUsed(): void {
    this.#used = true;
  }

  addRef(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs > 0) return;
    if (this.#redirect !== undefined) this.#redirect.release();
    else this.#session.imports.drop(this);
  }

  resolved(): Hook {
    return this.#redirect?.resolved() ?? this;
  }

  /** The peer says what the promise became; takes over one reference. */
  resolve(target: Hook): void {
    const self = { kind: 'import', id: this.id } as const;
    this.#redirect = this.#used ? this.#session.embargoIfLocal(self, target) : target;
    this.#session.imports.drop(this);
    this.#notify();
  }

  /** The connection is lost. */
  break(error: unknown): void {
    if (this.#redirect !== undefined) return;
    this.#redirect = new BrokenHook(error);
    this.#notify();
  }

  #notify(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}
