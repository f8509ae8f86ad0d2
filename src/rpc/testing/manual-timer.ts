import type { RpcTimer } from '../timer.ts';

/** Time that passes only when a test says so. */
export class ManualTimer implements RpcTimer {
  #now = 0;
  #due: { readonly at: number; readonly fn: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): () => void {
    const entry = { at: this.#now + ms, fn };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  get pending(): number {
    return this.#due.length;
  }

  /** Lets time pass, running what falls due in order, with a turn of the event loop after each. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((entry) => entry !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
      await turn();
    }
    this.#now = until;
    await turn();
  }
}

/** Lets everything that is under way inside this process happen. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise(setImmediate);
}
