import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from './clock.ts';
import { createSteadyClock } from './steady-clock.ts';

const start = Date.UTC(2026, 2, 2);
const hour = 3_600_000;

/** A host whose wall clock can be set. */
function aHost() {
  let bootMs = 50_000;
  let wallAtBoot = start - bootMs;
  const clock: Clock = {
    now: () => wallAtBoot + bootMs,
    bootMs: () => bootMs,
    sleep: () => Promise.resolve(),
    timeout: () => new AbortController().signal,
  };
  return {
    clock,
    pass: (ms: number) => {
      bootMs += ms;
    },
    set: (ms: number) => {
      wallAtBoot += ms;
    },
  };
}

test('a wall clock that nobody sets is shown as it is', () => {
  const host = aHost();
  const steady = createSteadyClock(host.clock);
  for (const ms of [0, 1, 100, 249, 250, 10_000, hour]) {
    host.pass(ms);
    assert.equal(steady.now(), host.clock.now());
  }
});

test('small corrections are followed at once', () => {
  const host = aHost();
  const steady = createSteadyClock(host.clock);
  steady.now();
  for (const ms of [-900, 700, 1_000]) {
    host.pass(5_000);
    host.set(ms);
    assert.equal(steady.now(), host.clock.now());
  }
});

for (const jump of [-5 * hour, 5 * hour]) {
  test(`a clock set by ${jump / hour} hours changes a minute by no more than a fifth, and is reached in the end`, () => {
    const host = aHost();
    const steady = createSteadyClock(host.clock);
    const before = steady.now();
    host.set(jump);
    let shown = before;
    for (let second = 0; second < 60; second++) {
      host.pass(1_000);
      const now = steady.now();
      assert.ok(now > shown, 'time never stands still');
      shown = now;
    }
    const seemed = shown - before;
    assert.ok(seemed >= 47_000 && seemed <= 73_000, `a minute seemed ${seemed} ms long`);
    for (let minutes = 0; minutes < 26 * 60; minutes++) {
      host.pass(60_000);
      steady.now();
    }
    assert.equal(steady.now(), host.clock.now());
  });
}

test('a process that begins behind what its own disk remembers begins there', () => {
  const host = aHost();
  host.set(-5 * hour);
  const steady = createSteadyClock(host.clock);
  steady.notBefore(start);
  assert.equal(steady.now(), start);
  host.pass(10_000);
  const now = steady.now();
  assert.ok(now >= start + 8_000 && now <= start + 10_000, `${now - start} ms later`);
  steady.notBefore(start);
  assert.equal(steady.now(), now, 'a time that is over changes nothing');
});
