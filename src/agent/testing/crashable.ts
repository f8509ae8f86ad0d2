/**
 * One life of an agent, as the simulator ends it: the N-th call to a port that acts never settles, with or without its
 * effect, and from then on no port of that life acts or answers. Nothing is thrown: SIGKILL runs no clean-up.
 */
export interface CrashPoint {
  /** Counted from 1 over all guarded calls of the life. */
  readonly at: number;
  readonly effect: 'none' | 'happens';
}

export interface Life {
  readonly dead: boolean;
  /** Guarded calls so far, by name. */
  readonly calls: readonly string[];
  guard<T extends object>(name: string, port: T, counted: boolean): T;
  end(): void;
}

/** Calls without a promise have no durable effect and cannot be where a life ends. */
const synchronous = new Set(['get', 'list', 'revision', 'now', 'bootMs', 'timeout', 'watch']);

const never = new Promise<never>(() => undefined);

export function createLife(crash: CrashPoint | null, onDeath: () => void): Life {
  const calls: string[] = [];
  const life = {
    dead: false,
    calls,
    end() {
      if (life.dead) return;
      life.dead = true;
      onDeath();
    },
    guard<T extends object>(name: string, port: T, counted: boolean): T {
      return new Proxy(port, {
        get(target, key) {
          const member: unknown = Reflect.get(target, key);
          if (typeof member !== 'function') return member;
          if (synchronous.has(String(key))) return member.bind(target);
          return (...args: unknown[]) => invoke(`${name}.${String(key)}`, () => member.apply(target, args), counted);
        },
      });
    },
  };

  const invoke = (call: string, run: () => unknown, counted: boolean): unknown => {
    if (life.dead) return never;
    const hit = counted && crash !== null && crash.at === calls.length + 1;
    if (counted) calls.push(call);
    if (hit && crash.effect === 'none') {
      life.end();
      return never;
    }
    const result = run();
    if (hit) life.end();
    if (!(result instanceof Promise)) return life.dead ? never : result;
    return new Promise((resolve, reject) => {
      result.then(
        (value) => {
          if (!life.dead) resolve(value);
        },
        (error) => {
          if (!life.dead) reject(error);
        },
      );
    });
  };
  return life;
}
