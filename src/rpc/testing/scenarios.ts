import assert from 'node:assert/strict';
import { promisedClient } from '../promised-client.ts';
import { RPC_ERROR_TYPES, RpcError } from '../rpc-error.ts';
import { assertThing, fillThing } from './full-thing.ts';
import {
  type Color,
  type Everything$Client,
  Inner,
  Labelled$Client,
  Sink,
  type Sink$Client,
  Sink$Server,
  Stranger$Client,
} from './generated/everything.ts';

/**
 * Conversations with an object of everything.capnp. They hold whoever serves it and whatever lies between: the same
 * list is run against this implementation and against the C++ one.
 */
export type Scenario = {
  readonly name: string;
  /** What it shows, as the end of a test's name. */
  readonly sentence: string;
  readonly run: (root: Everything$Client, random: () => number) => Promise<void>;
};

/** A sink that remembers what was put. */
export function collectingSink(seen: number[]): Sink$Client {
  return new Sink$Server({
    put(params, results) {
      seen.push(params.n);
      results.total = seen.length;
    },
  }).client();
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

async function values(root: Everything$Client): Promise<void> {
  using call = root.echoThing((p) => fillThing(p._initThing()));
  assertThing((await call.promise()).thing);
}

async function capabilitiesInStructs(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  using call = root.echoThing((p) => {
    const thing = p._initThing();
    thing.sink = collectingSink(seen);
    const sinks = thing._initSinks(2);
    sinks.set(1, collectingSink(seen));
  });
  const { thing } = await call.promise();
  await thing.sink
    .put((p) => {
      p.n = 1;
    })
    .promise();
  await thing.sinks
    .get(1)
    .put((p) => {
      p.n = 2;
    })
    .promise();
  await assert.rejects(thing.sinks.get(0).put().promise(), /null/);
  assert.deepEqual(seen, [1, 2]);
}

async function enums(root: Everything$Client): Promise<void> {
  const unknown = 17 as number as Color;
  const { color } = await root
    .echoColor((p) => {
      p.color = unknown;
    })
    .promise();
  assert.equal(color, 17);
}

async function anyPointers(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  const text = await root
    .echoAny((p) => {
      p.any = 'anything';
    })
    .promise();
  assert.equal(text.any.asText(), 'anything');
  const struct = await root
    .echoGeneric((p) => {
      p.value.initStruct(Inner).label = 'generic';
    })
    .promise();
  assert.equal(struct.value.asStruct(Inner).label, 'generic');
  using call = root.echoAny((p) => p.any.setClient(collectingSink(seen).client));
  await (await call.promise()).any
    .asClient(Sink)
    .put((p) => {
      p.n = 5;
    })
    .promise();
  assert.deepEqual(seen, [5]);
  const nothing = await root.echoAny().promise();
  assert.equal(nothing.any.isNull, true);
}

async function pipelining(root: Everything$Client): Promise<void> {
  const names = await Promise.all(
    upTo(300).map(async (i) => {
      using first = root.open((p) => {
        p.name = `child ${i}`;
      });
      using child = first.getChild();
      using second = child.open((p) => {
        p.name = `grandchild ${i}`;
      });
      using grandchild = second.getChild();
      return (await grandchild.whoAmI().promise()).name;
    }),
  );
  assert.deepEqual(
    names,
    upTo(300).map((i) => `grandchild ${i}`),
  );
}

async function callbacks(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  const { total } = await root
    .feed((p) => {
      p.sink = collectingSink(seen);
      p.count = 100;
    })
    .promise();
  assert.equal(total, 100);
  assert.deepEqual(seen, upTo(100));
  await root
    .keep((p) => {
      p.sink = collectingSink(seen);
    })
    .promise();
  assert.equal(
    (
      await root
        .poke((p) => {
          p.n = 100;
        })
        .promise()
    ).total,
    101,
  );
  await root.drop().promise();
  assert.deepEqual(seen, upTo(101));
}

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

async function embargo(root: Everything$Client, random: () => number): Promise<void> {
  for (let round = 0; round < 1000; round++) await embargoRound(root, random);
}

async function cancellation(root: Everything$Client): Promise<void> {
  const before = (await root.canceledCount().promise()).count;
  const controller = new AbortController();
  const calls = upTo(50).map(() => root.hang(undefined, { signal: controller.signal }).promise());
  await root.empty().promise();
  controller.abort(new Error('enough'));
  for (const call of calls) await assert.rejects(call, /enough/);
  let canceled = 0;
  for (let tries = 0; tries < 1000 && canceled < 50; tries++) {
    canceled = (await root.canceledCount().promise()).count - before;
  }
  assert.equal(canceled, 50);
  await assert.rejects(root.empty(undefined, { signal: controller.signal }).promise(), /enough/);
}

async function errors(root: Everything$Client): Promise<void> {
  for (const [type, name] of RPC_ERROR_TYPES.entries()) {
    const call = root
      .fail((p) => {
        p.type = type;
        p.reason = `because ${name}`;
      })
      .promise();
    await assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof RpcError);
      assert.deepEqual([error.type, error.remote], [name, true]);
      assert.match(error.message, new RegExp(`because ${name}`));
      return true;
    });
  }
  await assert.rejects(root.notThere().promise(), { type: 'unimplemented' });
  const stranger = new Stranger$Client(root.client);
  await assert.rejects(stranger.nobody().promise(), { type: 'unimplemented' });
  await root.empty().promise();
}

/** Capabilities passed before they exist. */
async function promisedParameters(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  const promised = promisedClient(Sink);
  const call = root
    .feed((p) => {
      p.sink = promised.client;
      p.count = 20;
    })
    .promise();
  await root.empty().promise();
  assert.deepEqual(seen, []);
  promised.resolve(collectingSink(seen));
  assert.equal((await call).total, 20);
  assert.deepEqual(seen, upTo(20));
  promised.client.close();
  const broken = promisedClient(Sink);
  const fails = root
    .feed((p) => {
      p.sink = broken.client;
      p.count = 1;
    })
    .promise();
  broken.reject(new RpcError('failed', 'never comes'));
  await assert.rejects(fails, /never comes/);
  broken.client.close();
}

/** What is pipelined on a call outlives the call: one that waits is answered, a capability taken from it works. */
async function closedCalls(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  const echo = (p: { sink: Sink$Client }): void => {
    p.sink = collectingSink(seen);
  };
  let put: Promise<{ total: number }>;
  {
    using call = root.echoSinkLater(echo);
    using sink = call.getSink();
    put = sink.put().promise();
  }
  assert.equal((await put).total, 2);
  const call = root.echoSinkLater(echo);
  using sink = call.getSink();
  call[Symbol.dispose]();
  assert.equal((await sink.put().promise()).total, 4);
}

/** A promise of a capability as a result, and one pipelined on it as a parameter. */
async function promisedResults(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  using hold = root.holdSink((p) => {
    p.sink = collectingSink(seen);
  });
  using later = hold.getLater();
  const fed = root
    .feed((p) => {
      p.sink = later;
      p.count = 10;
    })
    .promise();
  await root.releaseHeld().promise();
  assert.equal((await fed).total, 10);
  assert.deepEqual(seen, upTo(10));
}

async function streaming(root: Everything$Client): Promise<void> {
  using call = root.openStream();
  using stream = call.getStream();
  const chunk = new Uint8Array(10_000);
  for (let i = 0; i < 100; i++)
    await stream.write((p) => {
      p.chunk = chunk;
    });
  assert.equal((await stream.done().promise()).bytes, 1_000_000n);
}

async function largeMessages(root: Everything$Client): Promise<void> {
  using call = root.echoThing((p) => {
    const inners = p._initThing()._initInners(5_000);
    inners.forEach((inner, i) => {
      inner.label = `label ${i} of some length, so that the message is large`;
    });
  });
  const { thing } = await call.promise();
  assert.equal(thing.inners.length, 5_000);
  assert.match(thing.inners.get(4_999).label, /^label 4999 /);
}

async function release(root: Everything$Client): Promise<void> {
  for (let i = 0; i < 300; i++) {
    using call = root.open((p) => {
      p.name = 'short-lived';
    });
    const { child } = await call.promise();
    assert.equal((await child.whoAmI().promise()).name, 'short-lived');
  }
}

async function inheritance(root: Everything$Client): Promise<void> {
  using call = root.openCounter((p) => {
    p.label = 'inherited';
  });
  using counter = call.getCounter();
  assert.equal((await counter.next().promise()).n, 1);
  assert.equal((await counter.label().promise()).text, 'inherited');
  await counter
    .reset((p) => {
      p.to = 41;
    })
    .promise();
  assert.equal((await counter.next().promise()).n, 42);
  // The same object, seen as its parent.
  const labelled = new Labelled$Client(counter.client);
  assert.equal((await labelled.label().promise()).text, 'inherited');
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'values', sentence: 'values of every type, with defaults, groups and unions, come back equal', run: values },
  { name: 'caps', sentence: 'capabilities inside structs and lists come back working', run: capabilitiesInStructs },
  { name: 'enums', sentence: 'an enum value no side knows is kept', run: enums },
  { name: 'any', sentence: 'AnyPointer and generic fields carry text, structs and capabilities', run: anyPointers },
  { name: 'pipeline', sentence: '300 calls at once are pipelined on answers that have not come', run: pipelining },
  { name: 'callbacks', sentence: 'callbacks arrive in order, also after the capability was kept', run: callbacks },
  {
    name: 'embargo',
    sentence: 'calls keep their order over 1,000 interleavings with a capability that comes back',
    run: embargo,
  },
  { name: 'cancel', sentence: '50 calls in flight are canceled by one AbortSignal', run: cancellation },
  { name: 'errors', sentence: 'exceptions of each type and unknown methods arrive as what they are', run: errors },
  {
    name: 'promised parameters',
    sentence: 'a promised capability as parameter is resolved, or broken, later',
    run: promisedParameters,
  },
  {
    name: 'promised results',
    sentence: 'a promised capability in results can be passed on before it resolves',
    run: promisedResults,
  },
  {
    name: 'closed calls',
    sentence: 'calls pipelined on a call that is closed are answered, and what was taken from it lives on',
    run: closedCalls,
  },
  { name: 'stream', sentence: 'a megabyte streams through with flow control', run: streaming },
  { name: 'large', sentence: 'a message of some hundred kilobytes passes', run: largeMessages },
  { name: 'inheritance', sentence: 'methods of parent interfaces can be called', run: inheritance },
  { name: 'release', sentence: '300 objects opened and closed leave nothing behind', run: release },
];
