import { BrokenHook } from './broken-hook.ts';
import type { Answer, CallRequest, Hook, HookSession } from './hook.ts';
import { PeerWay } from './peer-way.ts';
import type { Session } from './session.ts';

/**
 * A capability the peer hosts. One object for one id; `wireRefs` counts how often the peer sent it, which is what has
 * to be given back in the end.
 *
 *     peer ──last reference released──> released to the peer
 *       └──Resolve (promises only)──> redirected, the id released to the peer
 *       └──connection lost──> broken
 */
export class ImportHook implements Hook {
  readonly brokenBy = undefined;
  readonly id: number;
  readonly isPromise: boolean;
  wireRefs = 0;
  /** How many promises in a row resolved to this one. */
  hops = 0;
  readonly #way: PeerWay;
  #refs = 0;

  constructor(session: Session, id: number, isPromise: boolean) {
    this.#way = new PeerWay(session, { kind: 'import', id });
    this.id = id;
    this.isPromise = isPromise;
  }

  get session(): HookSession | undefined {
    return this.#way.session;
  }

  get whenResolved(): ((fn: () => void) => () => void) | undefined {
    return this.isPromise ? this.#way.whenRedirected : undefined;
  }

  call(request: CallRequest): Answer {
    return this.#way.call(request);
  }

  /** Calls may reach it through the peer: a shorter way opened later has to wait for them. */
  markUsed(): void {
    this.#way.markUsed();
  }

  addRef(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs > 0) return;
    this.#way.session?.imports.drop(this);
    this.#way.nearer?.release();
  }

  resolved(): Hook {
    return this.#way.nearer?.resolved() ?? this;
  }

  /** The peer says what the promise became; takes over one reference. */
  resolve(target: Hook): void {
    const { session } = this.#way;
    if (!this.#way.redirect(this, target)) return;
    session?.imports.drop(this);
    this.#way.notify();
  }

  /** The connection is lost. */
  break(error: unknown): void {
    if (this.#way.redirect(this, new BrokenHook(error))) this.#way.notify();
  }
}
