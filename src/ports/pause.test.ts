import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from './clock.ts';
import { pauseUntil } from './pause.ts';
import { createSteadyClock } from './steady-clock.ts';

/** A host on which time passes by sleeping only; `set` is its administrator. */
function aSleepingHost() {
  let bootMs = 50_000;
  let wallAtBoot = Date.UTC(2026, 2, 2) - bootMs;
  const sleeps: number[] = [];
  const clock: Clock = {
    now: () => wallAtBoot + bootMs,
    bootMs: () => bootMs,
    sleep: async (ms) => {
      sleeps.push(ms);
      // As it passes for a process that looks at its clock all the time.
      for (const end = bootMs + ms; bootMs < end; ) {
        bootMs = Math.min(end, bootMs + 250);
        steady.now();
      }
    },
    timeout: () => new AbortController().signal,
  };
  const steady = createSteadyClock(clock);
  const set = (ms: number): void => {
    wallAtBoot += ms;
  };
  return { steady, sleeps, set };
}

const never = new AbortController().signal;

test('a wait ends when the clock shows its time, also while the clock is worked forward or back', async () => {
  for (const correction of [0, 3_600_000, -3_600_000]) {
    const { steady, set } = aSleepingHost();
    steady.now();
    set(correction);
    const at = steady.now() + 39_000;
    await pauseUntil(steady, at, never);
    const late = steady.now() - at;
    assert.ok(late >= 0 && late <= 250, `set by ${correction} ms it ended ${late} ms after its time`);
  }
});

test('a wait of a second or less is one sleep, one that is over is none, and an abort ends it', async () => {
  const { steady, sleeps } = aSleepingHost();
  await pauseUntil(steady, steady.now() + 900, never);
  await pauseUntil(steady, steady.now() - 1, never);
  assert.deepEqual(sleeps, [900]);
  await pauseUntil(steady, steady.now() + 60_000, AbortSignal.abort());
  assert.deepEqual(sleeps, [900]);
});
