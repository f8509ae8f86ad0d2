/**
 * One life of a process, and how it ends. A crash is a port call that never settles, chosen by number: the N-th counted call
 * of a life has no effect, or takes effect and its answer is lost, or (a commit) takes part of its effect. From then on no
 * port of that life acts or answers. Nothing is ever thrown: SIGKILL runs no clean-up.
 */
export interface CrashPoint {
  /** Counted from 1 over all counted calls of the life. */
  readonly at: number;
  readonly how: CrashKind;
}

export type CrashKind = 'before' | 'after' | 'part';

/** Synchronous members: they have no durable effect and cannot be where a life ends. */
const synchronous = new Set(['get', 'list', 'revision', 'now', 'bootMs', 'timeout', 'watch', 'close', 'next', 'uuid']);

export class Life {
  readonly name: string;
  dead = false;
  /** The next commit that reaches the disk is torn, and with it the life ends. */
  tears = false;
  calls = 0;
  readonly #crash: CrashPoint | null;
  readonly #onCall: (call: string) => void;
  readonly #onEnd = new Set<() => void>();

  constructor(name: string, crash: CrashPoint | null, onCall: (call: string) => void) {
    this.name = name;
    this.#crash = crash;
    this.#onCall = onCall;
  }

  /** Everything of it is gone at once. */
  end(): void {
    if (this.dead) return;
    this.dead = true;
    this.#onCall(`${this.name} dies after ${this.calls} calls`);
    const listeners = [...this.#onEnd];
    this.#onEnd.clear();
    for (const listener of listeners) listener();
  }

  /** Called once when the life ends, at once when it is over. Returns how to take the listener away. */
  onEnd(listener: () => void): () => void {
    if (this.dead) {
      listener();
      return () => undefined;
    }
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  /** The port as this life may use it: every call of it is counted. */
  guard<T extends object>(port: string, target: T): T {
    return new Proxy(target, {
      get: (of, key) => {
        const member: unknown = Reflect.get(of, key);
        if (typeof member !== 'function') return member;
        if (synchronous.has(String(key))) return member.bind(of);
        return (...args: unknown[]) => this.call(`${port}.${String(key)}`, () => member.apply(of, args));
      },
    });
  }

  /** One counted call. */
  call<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    if (this.dead) return never;
    this.calls += 1;
    this.#onCall(`${this.name} ${name}`);
    const how = this.#crash !== null && this.#crash.at === this.calls ? this.#crash.how : null;
    if (how === 'before') {
      this.end();
      return never;
    }
    if (how === 'part') this.tears = true;
    const endsAfter = how === 'after' || (how === 'part' && !name.endsWith('.commit'));
    return this.settle(async () => await run(), endsAfter);
  }

  /** The promise as this life sees it. */
  settle<T>(run: () => Promise<T>, endsAfter = false): Promise<T> {
    if (this.dead) return never;
    return new Promise<T>((resolve, reject) => {
      const end = (): void => {
        if (endsAfter) this.end();
      };
      run().then(
        (value) => {
          end();
          if (!this.dead) resolve(value);
        },
        (error: unknown) => {
          end();
          if (!this.dead) reject(error);
        },
      );
    });
  }
}

const never: Promise<never> = new Promise(() => undefined);
