import { sameJson } from './same-json.ts';

/**
 * `after` with every member that says the same as in `before` taken from there, and `before` itself when all do: versions of
 * a value that is held many times share what did not change, and what is the same object needs no comparing.
 */
export function shareParts<T extends object>(before: T, after: T): T {
  let shared = after;
  let differs = Object.keys(before).length !== Object.keys(after).length;
  for (const key of Object.keys(after) as (keyof T)[]) {
    if (before[key] === after[key]) continue;
    if (!Object.hasOwn(before, key) || !sameJson(before[key], after[key])) differs = true;
    else {
      if (shared === after) shared = { ...after };
      shared[key] = before[key];
    }
  }
  return differs ? shared : before;
}
