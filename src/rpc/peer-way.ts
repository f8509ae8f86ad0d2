import { circle } from './circle.ts';
import type { Target } from './envelope.ts';
import type { Answer, CallRequest, Hook } from './hook.ts';
import type { Session } from './session.ts';
import { Watchers } from './watchers.ts';

type Place = { readonly kind: 'peer'; readonly session: Session } | { readonly kind: 'nearer'; readonly hook: Hook };

/**
 * Where the calls on something of the peer go: to the peer, until something nearer is known that it stands for. From
 * then on nothing of the connection is held: see the essay in capability.ts.
 */
export class PeerWay {
  readonly target: Target;
  #place: Place;
  #used = false;
  readonly #watchers = new Watchers();

  constructor(session: Session, target: Target) {
    this.#place = { kind: 'peer', session };
    this.target = target;
  }

  get session(): Session | undefined {
    return this.#place.kind === 'peer' ? this.#place.session : undefined;
  }

  get nearer(): Hook | undefined {
    return this.#place.kind === 'nearer' ? this.#place.hook : undefined;
  }

  get whenRedirected(): ((fn: () => void) => () => void) | undefined {
    return this.#place.kind === 'nearer' ? undefined : (fn) => this.#watchers.add(fn);
  }

  call(request: CallRequest): Answer {
    if (this.#place.kind === 'nearer') return this.#place.hook.call(request);
    this.#used = true;
    return this.#place.session.sendCall(this.target, request);
  }

  markUsed(): void {
    this.#used = true;
  }

  /**
   * Calls on `self`, whose way this is, go to `hook` from now on: behind an embargo, if some went ahead to what turns
   * out to live here. Takes over one reference. False: they go somewhere nearer already.
   */
  redirect(self: Hook, hook: Hook): boolean {
    if (this.#place.kind === 'nearer') {
      hook.release();
      return false;
    }
    const { session } = this.#place;
    const nearer = hook.resolved() === self ? circle(hook) : hook;
    this.#place = { kind: 'nearer', hook: this.#used ? session.embargoIfLocal(this.target, nearer) : nearer };
    return true;
  }

  /** Tells whoever watches that it was redirected. */
  notify(): void {
    this.#watchers.notify();
  }
}
