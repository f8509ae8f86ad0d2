import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogPosition } from './log-position.ts';

/** Reads logs one after the other, each in chunks of so many bytes, and stops after so many of them. */
function read(logs: readonly (readonly [log: string, chunk: number, until?: number])[], taken = ''): string {
  const position = createLogPosition(Buffer.from(taken));
  let printed = '';
  for (const [at, [log, size, until = Number.POSITIVE_INFINITY]] of logs.entries()) {
    const bytes = Buffer.from(log);
    if (at > 0) position.begin(bytes);
    for (let from = 0; from < Math.min(bytes.length, until); from += size) {
      printed += Buffer.from(position.take(bytes.subarray(from, from + size))).toString();
    }
  }
  return printed;
}

test('a log that is read again and again is printed once, wherever it breaks', () => {
  for (const chunk of [1, 3, 64]) {
    const logs = [
      ['one\ntwo\n', chunk],
      ['one\ntwo\nthree\n', chunk],
      ['one\ntwo\nthree\n', chunk, 4],
      ['one\ntwo\nthree\nfour\n', chunk],
    ] as const;
    assert.equal(read(logs), 'one\ntwo\nthree\nfour\n', `chunks of ${chunk}`);
  }
});

test('what was printed may stand in the log again: the place counts, not the last likeness', () => {
  assert.equal(
    read([
      ['a\n', 9],
      ['a\na\na\n', 9],
    ]),
    'a\na\na\n',
  );
});

test('a log whose beginning was cut off goes on behind what was printed', () => {
  const long = 'x'.repeat(5_000);
  assert.equal(
    read([
      [`head${long}`, 512],
      [`${long}tail`, 512],
    ]),
    `head${long}tail`,
  );
});

test('another log is printed from its beginning', () => {
  assert.equal(
    read([
      ['old\n', 9],
      ['new\n', 9],
      ['new\nmore\n', 9],
    ]),
    'old\nnew\nmore\n',
  );
});

test('of a tail nothing before it is printed, also where it breaks before anything came', () => {
  assert.equal(
    read(
      [
        ['one\ntwo\n', 9, 0],
        ['one\ntwo\nthree\n', 2],
      ],
      'one\n',
    ),
    'two\nthree\n',
  );
});
