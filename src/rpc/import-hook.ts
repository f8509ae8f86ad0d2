import { BrokenHook } from './broken-hook.ts';
import type { Target } from './envelope.ts';
import type { Answer, CallRequest, Hook, HookSession } from './hook.ts';
import type { Session } from './session.ts';

/** Where calls go. Once redirected nothing of the connection is held: see the essay in capability.ts. */
type Way = { readonly kind: 'peer'; readonly session: Session } | { readonly kind: 'redirected'; readonly to: Hook };

/**
 * A capability the peer hosts. One object for one id; `wireRefs` counts how often the peer sent it, which is what has
 * to be given back in the end.
 *
 *     peer ──last reference released──> released to the peer
 *       └──Resolve (promises only)──> redirected, the id released to the peer
 *       └──connection lost──> broken
 */
export class ImportHook implements Hook {
  readonly id: number;
  readonly isPromise: boolean;
  wireRefs = 0;
  /** How many promises in a row resolved to this one. */
  hops = 0;
  #way: Way;
  #refs = 0;
  #used = false;
  #watchers: (() => void)[] = [];

  constructor(session: Session, id: number, isPromise: boolean) {
    this.#way = { kind: 'peer', session };
    this.id = id;
    this.isPromise = isPromise;
  }

  get session(): HookSession | undefined {
    return this.#way.kind === 'peer' ? this.#way.session : undefined;
  }

  get brokenBy(): unknown {
    return undefined;
  }

  get whenResolved(): ((fn: () => void) => void) | undefined {
    if (!this.isPromise || this.#way.kind === 'redirected') return undefined;
    return (fn) => {
      this.#watchers.push(fn);
    };
  }

  get #target(): Target {
    return { kind: 'import', id: this.id };
  }

  call(request: CallRequest): Answer {
    if (this.#way.kind === 'redirected') return this.#way.to.call(request);
    this.#used = true;
    return this.#way.session.sendCall(this.#target, request);
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
    if (this.#way.kind === 'redirected') this.#way.to.release();
    else this.#way.session.imports.drop(this);
  }

  resolved(): Hook {
    return this.#way.kind === 'redirected' ? this.#way.to.resolved() : this;
  }

  /** The peer says what the promise became; takes over one reference. */
  resolve(target: Hook): void {
    if (this.#way.kind === 'redirected') {
      target.release();
      return;
    }
    const { session } = this.#way;
    const to = this.#used ? session.embargoIfLocal(this.#target, target) : target;
    this.#way = { kind: 'redirected', to };
    session.imports.drop(this);
    this.#notify();
  }

  /** The connection is lost. */
  break(error: unknown): void {
    if (this.#way.kind === 'redirected') return;
    this.#way = { kind: 'redirected', to: new BrokenHook(error) };
    this.#notify();
  }

  #notify(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}
