import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { withoutGarbageCollection } from './capability.ts';
import { ReconnectingClient } from './reconnecting-client.ts';
import { connectRpc } from './rpc.ts';
import { RpcError } from './rpc-error.ts';
import { Sink, Sink$Server } from './testing/generated/everything.ts';
import { ManualTimer, turn } from './testing/manual-timer.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { simulatedPair } from './testing/simulated-pair.ts';

withoutGarbageCollection();

/** A client that makes numbered calls and reconnects over wires that break, and how often each call was run. */
async function liveWithLosses(seed: number) {
  const random = seededRandom(seed);
  const timer = new ManualTimer();
  const executed = new Map<number, number>();
  const counting = new Sink$Server({
    put({ n }) {
      executed.set(n, (executed.get(n) ?? 0) + 1);
    },
  }).client();
  let wire = simulatedPair(random);
  const reconnecting = new ReconnectingClient(Sink, {
    open: () => {
      wire = simulatedPair(random, 1 + Math.floor(random() * 2_000));
      connectRpc(wire.ends[0], { bootstrap: counting, timer });
      return wire.ends[1];
    },
    random,
    backoff: { firstMs: 10, maxMs: 40 },
    connection: { timer },
  });
  const calls: Promise<unknown>[] = [];
  for (let step = 0; step < 150; step++) {
    for (let more = Math.floor(random() * 3); more > 0; more--) {
      const n = calls.length;
      const call = reconnecting.client
        .put((p) => {
          p.n = n;
        })
        .promise();
      call.catch(() => undefined);
      calls.push(call);
    }
    if (random() < 0.7) await new Promise(setImmediate);
    for (let moves = Math.floor(random() * 4); moves > 0; moves--) wire.step();
    if (random() < 0.2) await timer.advance(20);
  }
  reconnecting.close();
  await turn();
  return { executed, calls };
}

suite('reconnecting over simulated wires', () => {
  test('a reconnecting client tells the truth about each call, whatever bytes its wires break at', async () => {
    const ends = { done: 0, lost: 0, unsent: 0 };
    for (let seed = 0; seed < 60; seed++) {
      const { executed, calls } = await liveWithLosses(seed);
      for (const [n, call] of calls.entries()) {
        const times = executed.get(n) ?? 0;
        const error = await call.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        const what = `seed ${seed}, call ${n}, run ${times} times: ${error}`;
        if (error === undefined) {
          assert.equal(times, 1, what);
          ends.done++;
          continue;
        }
        assert.ok(error instanceof RpcError && error.type === 'disconnected', what);
        assert.equal(error.retry, error.mayHaveRun ? 'never' : 'later');
        assert.ok(times <= (error.mayHaveRun ? 1 : 0), what);
        ends[error.mayHaveRun ? 'lost' : 'unsent']++;
      }
    }
    assert.ok(Math.min(...Object.values(ends)) > 100, JSON.stringify(ends));
  });
});
