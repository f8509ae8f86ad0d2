import { releaseMessage } from './envelope-write.ts';
import { ImportHook } from './import-hook.ts';
import type { Session } from './session.ts';

/** What the peer hosts for us, by its id. */
export class ImportTable {
  readonly #session: Session;
  readonly #byId = new Map<number, ImportHook>();

  constructor(session: Session) {
    this.#session = session;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): ImportHook | undefined {
    return this.#byId.get(id);
  }

  /** The peer sent a capability once more; the caller owns one reference to the hook. */
  receive(id: number, isPromise: boolean): ImportHook {
    let hook = this.#byId.get(id);
    if (hook === undefined) {
      const limit = this.#session.limits.imports;
      if (this.#byId.size >= limit) this.#session.violation(`more than ${limit} capabilities sent`);
      hook = new ImportHook(this.#session, id, isPromise);
      this.#byId.set(id, hook);
    }
    hook.wireRefs++;
    hook.addRef();
    return hook;
  }

  /** Gives the capability back to the peer. */
  drop(hook: ImportHook): void {
    if (this.#byId.get(hook.id) !== hook) return;
    this.#byId.delete(hook.id);
    this.#session.send(releaseMessage(hook.id, hook.wireRefs));
  }

  /** The connection is lost: every call through them fails from now on. */
  clear(error: unknown): void {
    const all = [...this.#byId.values()];
    this.#byId.clear();
    for (const hook of all) hook.break(error);
  }
}
