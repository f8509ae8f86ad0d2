import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { withoutGarbageCollection } from './capability.ts';
import { connectRpc } from './rpc.ts';
import { RpcError } from './rpc-error.ts';
import { isEmpty } from './testing/call-states.ts';
import { collectingSink } from './testing/collecting-sink.ts';
import { embargoRound } from './testing/embargo-round.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything, type Everything$Client } from './testing/generated/everything.ts';
import { ManualTimer, turn } from './testing/manual-timer.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { simulatedPair } from './testing/simulated-pair.ts';

withoutGarbageCollection();

/** Lives at once: each mostly waits for its next turn of the event loop. */
const AT_ONCE = 32;

/** Uses everything there is, once; every promise it makes is in the answer. */
function conversation(root: Everything$Client): Promise<unknown>[] {
  const controller = new AbortController();
  const seen: number[] = [];
  const echo = root.echoSinkLater((p) => {
    p.sink = collectingSink(seen);
  });
  const hold = root.holdSink((p) => {
    p.sink = collectingSink(seen);
  });
  const stream = root.openStream().getStream();
  const hung = root.hang(undefined, { signal: controller.signal }).promise();
  const calls = [
    root
      .open((p) => {
        p.name = 'a';
      })
      .getChild()
      .open((p) => {
        p.name = 'b';
      })
      .getChild()
      .whoAmI()
      .promise(),
    echo.getSink().put().promise(),
    hold.getLater().put().promise(),
    root
      .feed((p) => {
        p.sink = hold.getLater();
        p.count = 3;
      })
      .promise(),
    stream.write((p) => {
      p._initChunk(500);
    }),
    stream.done().promise(),
    root
      .fail((p) => {
        p.reason = 'as asked';
      })
      .promise(),
    hung,
    root
      .keep((p) => {
        p.sink = collectingSink(seen);
      })
      .promise()
      .then(() => root.poke().promise()),
    root
      .releaseHeld()
      .promise()
      .then(() => controller.abort(new Error('as asked'))),
    echo.promise().then(({ sink }) => sink.put().promise()),
  ];
  for (const call of calls) call.catch(() => undefined);
  return calls;
}

/** One life of a connection over a simulated wire, until everything has settled. */
async function live(seed: number, cutAt?: number) {
  const random = seededRandom(seed);
  const wire = simulatedPair(random, cutAt);
  const [left, right] = wire.ends;
  const timer = new ManualTimer();
  const state = everythingState();
  const server = connectRpc(left, { bootstrap: everything(state), timer });
  const client = connectRpc(right, { timer });
  const ending = Promise.allSettled(conversation(client.bootstrap(Everything)));
  let settled = false;
  void ending.then(() => {
    settled = true;
  });
  for (let idle = 0; idle < 3 && !(settled && cutAt === undefined); ) {
    idle = wire.step() ? 0 : idle + 1;
    await new Promise(setImmediate);
  }
  return { wire, server, client, state, settled: () => settled, ending };
}

/** Whatever was under way when the wire broke at this byte has settled, and nothing is left. */
async function assertSurvivesCut(cutAt: number): Promise<void> {
  const { client, server, ending, settled } = await live(7, cutAt);
  await turn();
  assert.ok(settled(), `a call hangs when the wire breaks at byte ${cutAt}`);
  for (const ended of await ending) {
    if (ended.status === 'fulfilled') continue;
    const error: unknown = ended.reason;
    const known = error instanceof RpcError && (error.type === 'disconnected' || error.message === 'as asked');
    assert.ok(known || (error as Error).message === 'as asked', `${cutAt}: ${error}`);
  }
  await Promise.all([client.closed, server.closed]);
  for (const side of [client, server]) assert.ok(isEmpty(side), `${cutAt}: ${JSON.stringify(side.stats)}`);
}

suite('on a simulated wire', () => {
  test('one seed is one history, byte for byte', async () => {
    const histories = [];
    for (const seed of [11, 11, 12]) {
      const { wire, client, settled } = await live(seed);
      assert.ok(settled());
      histories.push(createHash('sha256').update(wire.trace.join('\n')).digest('hex'));
      client.close();
    }
    assert.equal(histories[0], histories[1]);
    assert.notEqual(histories[0], histories[2]);
  });

  test('whatever byte the wire breaks at, every call settles and nothing is left', async () => {
    const whole = await live(7);
    const total = whole.wire.delivered();
    whole.client.close();
    assert.ok(total > 1_000);
    for (let first = 1; first <= total; first += AT_ONCE) {
      const places = Array.from({ length: Math.min(AT_ONCE, total - first + 1) }, (_, i) => first + i);
      await Promise.all(places.map(assertSurvivesCut));
    }
  });

  test('calls keep their order over 300 more interleavings, however the bytes arrive (embargo)', async () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed);
      const wire = simulatedPair(random);
      const server = connectRpc(wire.ends[0], { bootstrap: everything(everythingState()) });
      const client = connectRpc(wire.ends[1]);
      let over = false;
      const round = embargoRound(client.bootstrap(Everything), random).finally(() => {
        over = true;
      });
      round.catch(() => undefined);
      while (!over) {
        wire.step();
        await new Promise(setImmediate);
      }
      await round.catch((error: unknown) => assert.fail(`seed ${seed}: ${error}`));
      client.close();
      while (wire.step()) await new Promise(setImmediate);
      await server.closed;
    }
  });
});
