import assert from 'node:assert/strict';
import { collectingSink } from './collecting-sink.ts';
import type { Everything$Client, Sink$Client } from './generated/everything.ts';
import { upTo } from './up-to.ts';

/** Calls before, while and after an own capability comes back: their order has to hold. */
export async function embargoRound(root: Everything$Client, random: () => number): Promise<void> {
  const seen: number[] = [];
  const puts: Promise<unknown>[] = [];
  let next = 0;
  const own = collectingSink(seen);
  const way = Math.floor(random() * 3);
  const echo = (p: { sink: Sink$Client }): void => {
    p.sink = own;
  };
  using call = way === 0 ? root.echoSink(echo) : way === 1 ? root.echoSinkLater(echo) : root.holdSink(echo);
  using sink = 'getLater' in call ? call.getLater() : call.getSink();
  const put = (count: number): void => {
    for (; count > 0; count--) {
      const n = next++;
      const done = sink
        .put((p) => {
          p.n = n;
        })
        .promise();
      // Looked at in the end; until then a lost connection is no unhandled rejection.
      done.catch(() => undefined);
      puts.push(done);
    }
  };
  const some = (): number => Math.floor(random() * 4);
  put(some());
  for (let turns = some(); turns > 0; turns--) await new Promise(setImmediate);
  put(some());
  if (random() < 0.5) await root.empty().promise();
  put(some());
  const released = root.releaseHeld().promise();
  released.catch(() => undefined);
  put(some());
  await released;
  put(some());
  await call.promise();
  put(some());
  await Promise.all(puts);
  // The method of echoSinkLater puts a 0 of its own, before any other call can have come back here.
  const order = way === 1 ? seen.slice(1) : seen;
  assert.deepEqual(order, upTo(next));
}
