import type { Uid } from '../../core/kit/brand.ts';
import type { PinBook } from './pin-book.ts';

/** An `ensure` under way for a known digest, on behalf of one instance. */
interface Claim {
  count: number;
  /** The pin is ours to take back when all fail: nobody relied on it before. */
  pinIsNew: boolean;
  succeeded: boolean;
}

/** Pins of instances that are being made ready: taken before it is known whether the image can be had, given back where not. */
export class PinClaims {
  readonly #book: PinBook;
  readonly #claims = new Map<string, Claim>();

  constructor(book: PinBook) {
    this.#book = book;
  }

  isPinned(sha256: string): Promise<boolean> {
    return this.#book.isPinned(sha256);
  }

  /**
   * Keeps the pin if `body` succeeds. A body that was given up has not succeeded, however far it came: nobody knows of its
   * pin.
   */
  async pinnedWhile<T>(sha256: string, uid: Uid, signal: AbortSignal, body: () => Promise<T>): Promise<T> {
    const key = claimKey(sha256, uid);
    const claim = this.#claims.get(key) ?? { count: 0, pinIsNew: false, succeeded: false };
    this.#claims.set(key, claim);
    claim.count += 1;
    try {
      const pinned = this.#book.add(sha256, uid).then((isNew) => {
        claim.pinIsNew ||= isNew;
      });
      // Side by side: whether the digest is pinned is only asked behind the pin that is being made.
      const done = body();
      await Promise.allSettled([pinned, done]);
      const [result] = await Promise.all([done, pinned]);
      signal.throwIfAborted();
      claim.succeeded = true;
      return result;
    } finally {
      claim.count -= 1;
      if (claim.count === 0) {
        this.#claims.delete(key);
        if (claim.pinIsNew && !claim.succeeded) await this.#book.remove(sha256, uid, () => !this.#claims.has(key));
      }
    }
  }

  /** Takes the other pins of the instance away. One that `pinnedWhile` is at work on counts as newer: it stays if that succeeds. */
  async release(uid: Uid, keep: ReadonlySet<string>): Promise<void> {
    await this.#book.removeAll(uid, (sha256) => {
      const claim = this.#claims.get(claimKey(sha256, uid));
      if (claim !== undefined && !keep.has(sha256)) claim.pinIsNew = true;
      return claim !== undefined || keep.has(sha256);
    });
  }
}

const claimKey = (sha256: string, uid: Uid): string => `${sha256} ${uid}`;
