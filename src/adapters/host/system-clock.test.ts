import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultCode } from '../../core/kit/fault.ts';
import { createSystemClock } from './system-clock.ts';

const clock = createSystemClock();

test('a sleep ends by itself or with the reason of its signal', async () => {
  const before = performance.now();
  await clock.sleep(20);
  assert.ok(performance.now() - before >= 18);
  const controller = new AbortController();
  const asleep = clock.sleep(60_000, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(asleep, /enough/);
  await assert.rejects(clock.sleep(1, controller.signal), /enough/);
});

test('a deadline aborts with deadline_exceeded, or earlier with the reason of its parent', async () => {
  const deadline = clock.timeout(5);
  await clock.sleep(30);
  assert.equal(faultCode(deadline.reason), 'deadline_exceeded');
  const parent = new AbortController();
  const child = clock.timeout(60_000, parent.signal);
  parent.abort(new Error('cancelled'));
  assert.match(String(child.reason), /cancelled/);
});

test('bootMs counts from the boot of the host', () => {
  const first = clock.bootMs();
  assert.ok(first > 0 && first < clock.now());
  assert.ok(clock.bootMs() >= first);
});
