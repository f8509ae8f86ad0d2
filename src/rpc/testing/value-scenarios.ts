import assert from 'node:assert/strict';
import { collectingSink } from './collecting-sink.ts';
import { assertThing, fillThing } from './full-thing.ts';
import { type Color, type Everything$Client, Inner, Labelled$Client, Sink } from './generated/everything.ts';

export async function values(root: Everything$Client): Promise<void> {
  using call = root.echoThing((p) => fillThing(p._initThing()));
  assertThing((await call.promise()).thing);
}

export async function capabilitiesInStructs(root: Everything$Client): Promise<void> {
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

export async function enums(root: Everything$Client): Promise<void> {
  const unknown = 17 as number as Color;
  const { color } = await root
    .echoColor((p) => {
      p.color = unknown;
    })
    .promise();
  assert.equal(color, 17);
}

export async function anyPointers(root: Everything$Client): Promise<void> {
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

export async function largeMessages(root: Everything$Client): Promise<void> {
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

export async function inheritance(root: Everything$Client): Promise<void> {
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
