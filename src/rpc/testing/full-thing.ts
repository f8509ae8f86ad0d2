import assert from 'node:assert/strict';
import { Color, type Thing } from './generated/everything.ts';

/** A value in every kind of field; the rest stays at its defaults. */
export function fillThing(thing: Thing): void {
  thing.id = 0xfedcba9876543210n;
  thing.name = 'näme';
  const inners = thing._initInners(3);
  inners.get(1).small = 9;
  inners.get(1).label = 'second';
  inners
    .get(2)
    ._initNumbers(2)
    .set(1, -(2n ** 63n));
  const nested = thing._initNested(2);
  nested.init(0, 2).set(1, 'deep');
  thing.color = Color.BLUE;
  thing._initPoint().x = -7;
  thing.any = 'any text';
  thing.data = Uint8Array.of(1, 2, 3);
  thing.flag = false;
  thing.choice._initInner().small = 200;
  thing._initBox().value = 'boxed';
  thing._initColors(2).set(1, Color.BLUE);
  thing._initBools(9).set(8, true);
  thing.i8 = -128;
  thing.i64 = 2n ** 63n - 1n;
  thing.f32 = -2.25;
  thing._initDatas(1).init(0, 2).set(1, 255);
  thing._initFloats(1).set(0, 1e300);
}

/** Everything `fillThing` wrote, and the defaults beside it. */
export function assertThing(thing: Thing): void {
  assert.equal(thing.id, 0xfedcba9876543210n);
  assert.equal(thing.name, 'näme');
  assert.deepEqual(
    thing.inners.map(({ small, label }) => `${small} ${label}`),
    ['3 unnamed', '9 second', '3 unnamed'],
  );
  assert.deepEqual(thing.inners.get(0).numbers.toArray(), [1n, 2n, 3n]);
  assert.deepEqual(thing.inners.get(2).numbers.toArray(), [0n, -(2n ** 63n)]);
  assert.deepEqual(
    thing.nested.map((list) => list.toArray()),
    [['', 'deep'], []],
  );
  assert.equal(thing.color, Color.BLUE);
  assert.deepEqual([thing._isPoint, thing.point.x, thing.point.y], [true, -7, 1.5]);
  assert.throws(() => thing.number, /union/);
  assert.equal(thing.any.asText(), 'any text');
  assert.deepEqual([...thing.data.toUint8Array()], [1, 2, 3]);
  assert.equal(thing.flag, false);
  assert.equal(thing.choice.inner.small, 200);
  assert.deepEqual([thing.inner.small, thing.inner.label], [7, 'given']);
  assert.equal(thing.box.value.asText(), 'boxed');
  assert.deepEqual(thing.colors.toArray(), [Color.RED, Color.BLUE]);
  assert.equal(thing.bools.get(8), true);
  assert.deepEqual([thing.i8, thing.i16, thing.i64], [-128, -16, 2n ** 63n - 1n]);
  assert.deepEqual([thing.u16, thing.f32, thing.u32], [16, -2.25, 4_000_000_000]);
  assert.deepEqual([...thing.datas.get(0).toUint8Array()], [0, 255]);
  assert.equal(thing.floats.get(0), 1e300);
}
