import { DISEMBARGO, type Target } from './envelope.ts';
import { disembargoMessage } from './envelope-write.ts';
import type { Hook } from './hook.ts';
import { IdPool } from './id-pool.ts';
import { PromiseHook } from './promise-hook.ts';
import type { Session } from './session.ts';

/**
 * Calls made through the peer on what turned out to live here are still on their way back. Later calls wait until a
 * Disembargo, sent the same way, has come back behind them; so calls arrive in the order they were made (E-order).
 */
export class Embargoes {
  readonly #session: Session;
  readonly #ids = new IdPool();
  /** Embargoes of the peer whose echo waits: what gives each of them up. */
  readonly #echoes = new Set<() => void>();
  readonly #waiting = new Map<number, { readonly promise: PromiseHook; readonly target: Hook }>();

  constructor(session: Session) {
    this.#session = session;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The echo of an embargo of the peer has to wait until this promise is known. `giveUp`: it never will be sent. */
  awaitEcho(whenResolved: NonNullable<Hook['whenResolved']>, echo: () => void, giveUp: () => void): void {
    const { limits } = this.#session;
    if (this.#echoes.size >= limits.embargoes) {
      giveUp();
      this.#session.violation('too many embargoes wait to be answered');
    }
    const unwatch = whenResolved(() => {
      this.#echoes.delete(end);
      echo();
    });
    const end = (): void => {
      unwatch();
      giveUp();
    };
    this.#echoes.add(end);
  }

  /** `self` is the way earlier calls took. Takes over one reference to `target`, gives one to the answer. */
  begin(self: Target, target: Hook): Hook {
    const { limits } = this.#session;
    if (this.#waiting.size >= limits.embargoes) this.#session.violation('too many embargoes are not answered');
    const id = this.#ids.take();
    const promise = new PromiseHook();
    promise.addRef();
    this.#waiting.set(id, { promise, target });
    this.#session.send(disembargoMessage(self, DISEMBARGO.senderLoopback, id));
    return promise;
  }

  /** The Disembargo came back. False: there is no such embargo. */
  lift(id: number): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    this.#waiting.delete(id);
    this.#ids.giveBack(id);
    waiting.promise.settle(waiting.target);
    waiting.promise.release();
    return true;
  }

  clear(error: unknown): void {
    const echoes = [...this.#echoes];
    this.#echoes.clear();
    for (const giveUp of echoes) giveUp();
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { promise, target } of all) {
      promise.fail(error);
      promise.release();
      target.release();
    }
  }
}
