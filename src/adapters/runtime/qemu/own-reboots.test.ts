import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOwnReboots } from './own-reboots.ts';

/** What is told of the resets at these times (ms): `-` before one that was ordered, `h` before one by hand. */
function toldOf(...resets: readonly string[]): readonly string[] {
  let now = 0;
  const reboots = createOwnReboots({ bootMs: () => now });
  return resets.flatMap((reset) => {
    now = Number(reset.replace(/^[-h]/, ''));
    if (reset.startsWith('-')) reboots.ordered();
    const by = reboots.heard(!/^[-h]/.test(reset));
    return by === null ? [] : `${by} ${now}`;
  });
}

/** Those of the guest's own. */
const ownOf = (...resets: readonly string[]): readonly string[] =>
  toldOf(...resets).flatMap((told) => (told.startsWith('guest ') ? told.slice(6) : []));

test('a reset that nobody ordered is one by hand, also right after an ordered one; its firmware adds one too', () => {
  assert.deepEqual(toldOf('h1000', '1100'), ['hand 1000']);
  assert.deepEqual(toldOf('-1000', '1100', 'h1500', '1600', '13000'), ['hand 1500', 'guest 13000']);
});

test('the reset that the firmware adds to an ordered one is none of the guest, however often it tries', () => {
  assert.deepEqual(ownOf('-1000', '1100'), []);
  assert.deepEqual(ownOf('-1000', '1100', '1101', '2900'), []);
});

test('a guest that reboots soon after an ordered reset is heard, and its own firmware is not', () => {
  assert.deepEqual(ownOf('-1000', '1100', '3200', '3300'), ['3200']);
});

test('each reboot of a guest that goes round quickly is heard', () => {
  assert.deepEqual(ownOf('1000', '1100', '4000', '4100', '7000', '7100'), ['1000', '4000', '7000']);
});

test('a firmware that adds no reset hides no reboot that comes after its time', () => {
  assert.deepEqual(ownOf('-1000', '11000', '22000'), ['11000', '22000']);
});
