import type { Hook } from './hook.ts';
import { IdPool } from './id-pool.ts';
import { RpcError } from './rpc-error.ts';

/** A capability of ours the peer holds `refs` references to. */
export type Export = {
  hook: Hook;
  refs: number;
  /** For a promise: ends the waiting for what it becomes. */
  unwatch?: (() => void) | undefined;
};

/** What we host for the peer, by the id it uses. */
export class ExportTable {
  readonly #byId = new Map<number, Export>();
  readonly #idOf = new Map<Hook, number>();
  readonly #ids = new IdPool();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): Export | undefined {
    return this.#byId.get(id);
  }

  /** One more reference for the peer. `fresh`: it did not hold this capability under the id until now. */
  add(hook: Hook): { readonly id: number; readonly entry: Export; readonly fresh: boolean } {
    const known = this.#idOf.get(hook);
    const entry = known === undefined ? undefined : this.#byId.get(known);
    if (known !== undefined && entry !== undefined) {
      entry.refs++;
      return { id: known, entry, fresh: false };
    }
    if (this.#byId.size >= this.#limit) {
      const reason = `Cannot pass capability: the peer holds ${this.#limit} already`;
      throw new RpcError('overloaded', reason, { mayHaveRun: false });
    }
    const id = this.#ids.take();
    hook.addRef();
    const made: Export = { hook, refs: 1 };
    this.#byId.set(id, made);
    this.#idOf.set(hook, id);
    return { id, entry: made, fresh: true };
  }

  /** The peer gives up `count` references. False: it does not hold that many. */
  release(id: number, count: number): boolean {
    const entry = this.#byId.get(id);
    if (entry === undefined || entry.refs < count) return false;
    entry.refs -= count;
    if (entry.refs > 0) return true;
    this.#byId.delete(id);
    if (this.#idOf.get(entry.hook) === id) this.#idOf.delete(entry.hook);
    this.#ids.giveBack(id);
    letGo(entry);
    return true;
  }

  /** A promise the peer holds has become `hook`. */
  replace(id: number, hook: Hook): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    if (this.#idOf.get(entry.hook) === id) this.#idOf.delete(entry.hook);
    hook.addRef();
    entry.hook.release();
    entry.hook = hook;
  }

  /** Releases everything; the peer is gone. */
  clear(): void {
    const all = [...this.#byId.values()];
    this.#byId.clear();
    this.#idOf.clear();
    for (const entry of all) letGo(entry);
  }
}

function letGo(entry: Export): void {
  entry.unwatch?.();
  entry.hook.release();
}
