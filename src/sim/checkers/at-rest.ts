import type { Life } from '../life.ts';
import type { SimNode } from '../sim-node.ts';
import type { Checker } from './checker.ts';

/** The same effect on the same instance more often than this within a second is a loop, not work. */
const repeatsMax = 6;
const windowMs = 1_000;

/** Looking is no effect. */
const looks = new Set(['observe', 'missingDisks', 'watch', 'readLog', 'clear']);

/**
 * Spec S8: an agent comes to rest; it does not do the same to an instance again and again. One that dies knows nothing of what it
 * did: each life is counted by itself.
 */
export interface AtRest extends Checker {
  hear(nowMs: number, node: SimNode, verb: string, uid: string): void;
}

export function createAtRest(): AtRest {
  const calls = new Map<string, { count: number; since: number; life: Life | null }>();
  let offence: string | null = null;
  return {
    name: 'at-rest',
    afterStep: () => offence,
    hear(nowMs, { name, life }, verb, uid) {
      if (looks.has(verb)) return;
      const key = `${name} ${verb} ${uid}`;
      const known = calls.get(key);
      if (known?.life !== life || nowMs - known.since > windowMs) {
        calls.set(key, { count: 1, since: nowMs, life });
        return;
      }
      known.count += 1;
      if (known.count > repeatsMax)
        offence ??= `${name} calls ${verb} ${known.count} times within ${windowMs} ms for ${uid}`;
    },
  };
}
