import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { initStructAtOffset } from './capnp/struct.ts';
import { blankMessage } from './request.ts';
import { Int8List, Int64List, Uint8List, Uint16List, type UnknownMember } from './rpc.ts';
import { Color, Thing, Thing_Which } from './testing/generated/everything.ts';

const aThing = (): Thing => initStructAtOffset(Thing, blankMessage().first, 0);

suite('numbers that do not fit are refused where they are set', () => {
  const bad = {
    i8: [128, -129, 0.5],
    u16: [-1, 65_536, Number.NaN],
    i16: [32_768],
    u32: [-1, 2 ** 32, 1.5],
    number: [2 ** 31, Number.POSITIVE_INFINITY],
    i64: [2n ** 63n, -(2n ** 63n) - 1n],
    id: [-1n, 2n ** 64n],
  } as const;
  for (const [field, values] of Object.entries(bad)) {
    test(`${field} refuses ${values.join(', ')}, and names itself and its range`, () => {
      const thing = aThing();
      for (const value of values) {
        const said = new RegExp(`^Cannot set Thing\\.${field} to ${value}n?: \\w+ is a [\\w ]+ from -?\\d+ to \\d+$`);
        assert.throws(() => Object.assign(thing, { [field]: value }), { name: 'RangeError', message: said });
      }
    });
  }

  test('the ends of each range are kept', () => {
    const thing = aThing();
    const ends = [
      { i8: -128, u16: 0, i16: -32_768, u32: 0, number: -(2 ** 31), i64: -(2n ** 63n), id: 0n },
      {
        i8: 127,
        u16: 65_535,
        i16: 32_767,
        u32: 2 ** 32 - 1,
        number: 2 ** 31 - 1,
        i64: 2n ** 63n - 1n,
        id: 2n ** 64n - 1n,
      },
    ];
    for (const end of ends) {
      Object.assign(thing, end);
      const { i8, u16, i16, u32, number, i64, id } = thing;
      assert.deepEqual({ i8, u16, i16, u32, number, i64, id }, end);
    }
  });

  test('a refused member of a union leaves the union as it was', () => {
    const thing = aThing();
    thing.text = 'still here';
    assert.throws(() => {
      thing.number = 0.5;
    }, RangeError);
    assert.deepEqual([thing.which(), thing.text], [Thing_Which.TEXT, 'still here']);
  });

  test('an enum takes members this side does not know, and nothing that is no member of any', () => {
    const thing = aThing();
    thing.color = 7 as UnknownMember;
    assert.equal(thing.color, 7);
    assert.throws(() => {
      thing.color = -1 as UnknownMember;
    }, /^RangeError: Cannot set Thing.color to -1: UInt16/);
  });

  test('a 64-bit field says that it wants a bigint, lists name the element, data the byte', () => {
    const thing = aThing();
    assert.throws(
      () => Object.assign(thing, { id: 5 }),
      /Thing.id to 5: UInt64 is a bigint from 0 to 18446744073709551615/,
    );
    for (const [Class, value] of [
      [Int8List, 200],
      [Uint8List, -1],
      [Uint16List, 70_000],
    ] as const) {
      const elements = thing.any.initList(Class, 3);
      assert.throws(() => elements.set(2, value), /^RangeError: Cannot set element 2 to /);
    }
    assert.throws(
      () => thing.any.initList(Int64List, 1).set(0, 2n ** 63n),
      /^RangeError: Cannot set element 0 to .*n: Int64/,
    );
    const data = thing._initData(2);
    assert.throws(() => data.set(1, 256), /^RangeError: Cannot set byte 1 to 256: UInt8/);
    assert.throws(() => data.set(2, 1), /^RangeError: Cannot set byte 2: there are 2/);
  });

  test('a switch over all known members of an enum is not complete: a peer may know more', () => {
    const named = (color: Color): string => {
      switch (color) {
        case Color.RED:
          return 'red';
        case Color.GREEN:
          return 'green';
        case Color.BLUE:
          return 'blue';
        default:
          return `unknown ${color satisfies UnknownMember}`;
      }
    };
    assert.deepEqual([named(Color.RED), named(7 as UnknownMember)], ['red', 'unknown 7']);
  });
});
