import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Message } from './capnp/message.ts';
import { Pointer } from './capnp/pointer.ts';
import { initStructAtOffset, type Struct, type StructClass } from './capnp/struct.ts';
import { FrameReader } from './frame-reader.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { blankMessage } from './request.ts';
import { assertThing, fillThing } from './testing/full-thing.ts';
import { Color, ColorBox, Inner, OldColorBox, OldThing, Thing } from './testing/generated/everything.ts';
import { frame } from './testing/raw-peer.ts';

const SCHEMA = join(import.meta.dirname, 'testing/everything.capnp');
const skip = spawnSync('capnp', ['--version']).status === 0 ? undefined : 'the capnp program is not installed';

function build<T extends Struct>(Class: StructClass<T>, fill: (struct: T) => void): Message {
  const message = blankMessage();
  fill(initStructAtOffset(Class, message.first, 0));
  return message;
}

function read<T extends Struct>(Class: StructClass<T>, bytes: Buffer): T {
  const found: T[] = [];
  const frames = new FrameReader(DEFAULT_LIMITS, () => undefined);
  frames.feed(bytes, (message) => {
    found.push(new Pointer(message.first, message.first.start, message.nesting).asStruct(Class));
    return true;
  });
  assert.ok(found[0] !== undefined);
  return found[0];
}

const capnp = (args: readonly string[], input: Buffer | string): Buffer =>
  execFileSync('capnp', [...args], { input, maxBuffer: 1 << 26 });

suite('the encoding', () => {
  test('what is written is read back, defaults included', () => {
    assertThing(read(Thing, frame(build(Thing, fillThing))));
  });

  test('a struct nobody wrote reads as its defaults', () => {
    const thing = read(Thing, frame(blankMessage()));
    assert.deepEqual(
      [thing.color, thing.flag, thing.i64, thing.u32, thing.f32],
      [Color.GREEN, true, -64n, 4_000_000_000, 0.5],
    );
    assert.deepEqual([thing.name, thing.inners.length, thing.inner.label], ['', 0, 'given']);
    assert.equal(thing.data.length, 0);
  });

  test('reading never changes a message', () => {
    const bytes = frame(
      build(Thing, (thing) => {
        thing.name = 'only this';
      }),
    );
    const before = Buffer.from(bytes);
    const thing = read(Thing, bytes);
    void [thing.inner.label, thing.inners.length, thing.choice._isInner, thing.nested.length, thing.boxed.value.isNull];
    assert.deepEqual(bytes, before);
    assert.throws(() => {
      thing.name = 'no';
    }, /received message/);
    assert.throws(() => {
      thing.id = 1n;
    }, /received message/);
  });

  test('an older reader and an older writer understand each other', () => {
    const full = frame(build(Thing, fillThing));
    assert.deepEqual([read(OldThing, full).name, read(OldThing, full).id], ['näme', 0xfedcba9876543210n]);
    const old = read(
      Thing,
      frame(
        build(OldThing, (thing) => {
          thing.name = 'old';
        }),
      ),
    );
    assert.deepEqual([old.name, old.color, old.inner.small, old.floats.length], ['old', Color.GREEN, 7, 0]);
  });

  test('an enum member only the newer side knows keeps its number', () => {
    const box = read(
      OldColorBox,
      frame(
        build(ColorBox, (box) => {
          box.color = Color.BLUE;
        }),
      ),
    );
    assert.equal(box.color, 2);
  });

  test('a struct with the pointers of a whole message can be copied into another', () => {
    const source = read(Thing, frame(build(Thing, fillThing)));
    const copy = build(Thing, (thing) => {
      thing.choice._initInner();
      thing.any = source;
    });
    assertThing(read(Thing, frame(copy)).any.asStruct(Thing));
  });

  test('text of every length and alphabet survives', () => {
    for (const text of [
      '',
      'a',
      'äöü',
      '😀'.repeat(7),
      'x'.repeat(23),
      'x'.repeat(24),
      'x'.repeat(25),
      `${'x'.repeat(23)}é`,
      'y'.repeat(5_000),
    ]) {
      assert.equal(
        read(
          OldThing,
          frame(
            build(OldThing, (thing) => {
              thing.name = text;
            }),
          ),
        ).name,
        text,
      );
    }
  });

  test('the capnp program reads what is written here', { skip }, () => {
    const text = capnp(['decode', SCHEMA, 'Thing'], frame(build(Thing, fillThing))).toString();
    for (const part of [
      'id = 18364758544493064720',
      'label = "second"',
      '-9223372036854775808',
      'color = blue',
      'x = -7',
      'i8 = -128',
      '1e300',
      'data = "\\001\\002\\003"',
    ]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
  });

  for (const segmentWords of [1, 2, 3, 5, 8, 1024]) {
    test(`messages in segments of ${segmentWords} words, with far pointers, are read`, { skip }, () => {
      const text = capnp(['decode', SCHEMA, 'Thing'], frame(build(Thing, fillThing)))
        .toString()
        .replace(/any = [^\n]*\n/, '');
      const bytes = capnp(['encode', `--segment-size=${segmentWords}`, SCHEMA, 'Thing'], text);
      const thing = read(Thing, bytes);
      assert.equal(thing.inners.get(1).label, 'second');
      assert.deepEqual(
        thing.nested.map((list) => list.toArray()),
        [['', 'deep'], []],
      );
      assert.equal(thing.choice.inner.small, 200);
      assert.equal(thing.floats.get(0), 1e300);
      const copy = build(Thing, (into) => {
        into.any = thing;
      });
      assert.equal(read(Thing, frame(copy)).any.asStruct(Thing).inners.get(1).label, 'second');
    });
  }

  test('lists may be read as lists of structs, and structs as their first field', () => {
    const bytes = frame(
      build(Thing, (thing) => {
        const numbers = thing.inner._initNumbers(2);
        numbers.set(1, 5n);
        thing.any = numbers;
      }),
    );
    const { any } = read(Thing, bytes);
    assert.throws(() => any.asStruct(Inner), /another kind/);
    assert.throws(() => any.asText(), /not a list of bytes/);
  });
});
