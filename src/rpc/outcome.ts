type Watcher<T> = { readonly ok: (value: T) => void; readonly failed: (error: unknown) => void };

/**
 * A result to come. Unlike a promise it tells its watchers at once and in order, which the ordering rules of
 * capabilities need, it is never an unhandled rejection, and it costs no promise when nobody asks for one.
 */
export class Outcome<T> {
  #state: 'pending' | 'ok' | 'failed' = 'pending';
  #value: T | undefined;
  #error: unknown;
  #watchers: Watcher<T>[] = [];

  get pending(): boolean {
    return this.#state === 'pending';
  }

  /** Calls one of the two, now if it is settled. */
  watch(ok: (value: T) => void, failed: (error: unknown) => void): void {
    if (this.#state === 'pending') this.#watchers.push({ ok, failed });
    else if (this.#state === 'ok') ok(this.#value as T);
    else failed(this.#error);
  }

  resolve(value: T): void {
    if (this.#state !== 'pending') return;
    this.#state = 'ok';
    this.#value = value;
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher.ok(value);
  }

  reject(error: unknown): void {
    if (this.#state !== 'pending') return;
    this.#state = 'failed';
    this.#error = error;
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher.failed(error);
  }

  promise(): Promise<T> {
    return new Promise((resolve, reject) => this.watch(resolve, reject));
  }
}
