import { type Sink$Client, Sink$Server } from './generated/everything.ts';

/** A sink that remembers what was put. */
export function collectingSink(seen: number[]): Sink$Client {
  return new Sink$Server({
    put(params, results) {
      seen.push(params.n);
      results.total = seen.length;
    },
  }).client();
}
