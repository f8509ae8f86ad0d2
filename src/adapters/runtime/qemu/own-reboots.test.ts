import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOwnReboots } from './own-reboots.ts';

/** Which of the resets at these times (ms) are reboots of the guest's own; `-` before one that was ordered. */
function ownOf(...resets: readonly string[]): readonly string[] {
  let now = 0;
  const isOwn = createOwnReboots({ bootMs: () => now });
  return resets.filter((reset) => {
    now = Math.abs(Number(reset));
    return isOwn(!reset.startsWith('-'));
  });
}

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
