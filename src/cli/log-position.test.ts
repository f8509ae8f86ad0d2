import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipMarker } from '../wire/http/log-stream.ts';
import { createLogPosition } from './log-position.ts';

/** Follows one stream after the other, each with its history and what came live, and answers with all that was new. */
function read(streams: readonly (readonly [history: string, ...live: string[]])[], taken = ''): string {
  const position = createLogPosition(Buffer.from(taken));
  let printed = '';
  for (const [history, ...live] of streams) {
    printed += position.resume(Buffer.from(history)).toString();
    for (const chunk of live) {
      position.follow(Buffer.from(chunk));
      printed += chunk;
    }
  }
  return printed;
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('');

test('a log that is read again and again is printed once, wherever it breaks', () => {
  const streams = [
    ['', 'one\n', 'two\n'],
    ['one\ntwo\nthr', 'ee\n'],
    ['one\ntwo\nthree\nfour\n'],
    ['one\ntwo\nthree\nfour\n', 'five\n'],
  ] as const;
  assert.equal(read(streams), 'one\ntwo\nthree\nfour\nfive\n');
});

test('what was printed may stand in the log again: the place counts, not the last likeness', () => {
  assert.equal(read([['a\n'], ['a\na\na\n']]), 'a\na\na\n');
});

test('a log whose beginning was cut off, at any time, goes on behind what was printed', () => {
  for (const cut of [1, 250, 500]) {
    assert.equal(read([[lines(0, 1000)], [lines(cut, 1020)]]), lines(0, 1020), `cut at ${cut}`);
    assert.equal(
      read([
        [lines(0, 900), lines(900, 1000)],
        [lines(cut, 1020), lines(1020, 1030)],
      ]),
      lines(0, 1030),
    );
  }
});

test('a log that is longer than its history goes on behind what was printed', () => {
  const log = lines(0, 200_000);
  const bound = 1024 * 1024;
  const later = log + lines(200_000, 200_010);
  assert.ok(log.length > 2 * bound);
  assert.equal(read([[later.slice(-bound)]], log), lines(200_000, 200_010));
  assert.equal(
    read([[later.slice(-bound), 'more\n'], [`${later}more\nrest\n`.slice(-bound)]], log),
    `${lines(200_000, 200_010)}more\nrest\n`,
  );
});

test('of a log that repeats itself nothing is lost where it was cut', () => {
  const printed = read([['x\n'.repeat(5_000)], [`${'x\n'.repeat(4_000)}end\n`]]);
  assert.ok(printed.endsWith('end\n'));
  assert.ok(printed.length >= 2 * 5_000 + 4);
});

test('where output was skipped, the log goes on behind the last that was printed', () => {
  const first = ['', lines(0, 10), skipMarker(100), lines(20, 30)] as const;
  assert.equal(read([first, [lines(0, 40)]]), first.join('') + lines(30, 40));
});

test('another log is printed from its beginning', () => {
  assert.equal(read([['old\n'], ['new\n'], ['new\nmore\n']]), 'old\nnew\nmore\n');
});

test('of a tail nothing before it is printed, also where it breaks before anything came', () => {
  assert.equal(read([['one\n'], ['one\ntwo\nthree\n']], 'one\n'), 'two\nthree\n');
});
