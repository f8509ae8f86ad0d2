import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { askOnTerminal } from './ask-on-terminal.ts';

function aTerminal() {
  const input = new PassThrough();
  const output = new PassThrough();
  const signals = new EventEmitter();
  const answer = askOnTerminal({ input, output, signals }, 'Stop them? [y/N] ');
  return { input, output, signals, answer };
}

test('a question on a terminal is answered by a line', async () => {
  for (const [line, answer] of [
    ['y\n', true],
    ['\n', false],
  ] as const) {
    const asked = aTerminal();
    asked.input.write(line);
    assert.equal(await asked.answer, answer);
    assert.equal(asked.signals.listenerCount('SIGTERM'), 0);
  }
});

test('the end of the input and SIGTERM are no, and what is said next has a line of its own', async () => {
  for (const end of [
    ({ input }: ReturnType<typeof aTerminal>) => input.end(),
    ({ signals }: ReturnType<typeof aTerminal>) => signals.emit('SIGTERM'),
  ]) {
    const asked = aTerminal();
    await once(asked.output, 'readable');
    end(asked);
    assert.equal(await asked.answer, false);
    assert.match(String(asked.output.read()), /^Stop them\? \[y\/N\] \s*\n$/);
  }
});
