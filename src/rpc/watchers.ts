/** Who is to be told, once, that something is known. */
export class Watchers {
  readonly #waiting = new Set<() => void>();

  /** Answers what takes it back: what is not known for long must not keep all that ever waited for it. */
  add(fn: () => void): () => void {
    const own = (): void => fn();
    this.#waiting.add(own);
    return () => {
      this.#waiting.delete(own);
    };
  }

  /** Tells them all, in order. Whoever is given up meanwhile is not told. */
  notify(): void {
    for (const fn of this.#waiting) {
      this.#waiting.delete(fn);
      fn();
    }
  }
}
