import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aSpec } from '../core/instance/testing/builders.ts';
import { asUid, type Uid } from '../core/kit/brand.ts';
import { createVirtualClock } from '../sim/virtual-clock.ts';
import { targetOf } from './health-counting.ts';
import { chooseHostPorts } from './host-ports.ts';
import { createLimiter } from './limiter.ts';
import { createWakeQueue } from './wake-queue.ts';

test('a limiter never lets more in than its limit, in order, and forgets those who gave up', async () => {
  const limiter = createLimiter(2);
  const never = new AbortController().signal;
  const first = await limiter.acquire(never);
  const second = await limiter.acquire(never);
  const order: number[] = [];
  const third = limiter.acquire(never).then((place) => {
    order.push(3);
    return place;
  });
  const gaveUp = new AbortController();
  const fourth = limiter.acquire(gaveUp.signal);
  const fifth = limiter.acquire(never).then((place) => {
    order.push(5);
    return place;
  });
  gaveUp.abort(new Error('enough'));
  await assert.rejects(fourth, /enough/);
  assert.equal(limiter.waiting(), 2);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await third;
  assert.deepEqual(order, [3], 'a place given back twice counts once');
  second[Symbol.dispose]();
  await fifth;
  assert.deepEqual(order, [3, 5]);
});

test('the wake queue wakes each instance at the last time that was set for it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(4), fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: null })), { maxLength: 30 }),
      async (settings) => {
        const clock = createVirtualClock();
        const queue = createWakeQueue(clock);
        const stop = new AbortController();
        const woken: [Uid, number][] = [];
        const start = clock.now();
        queue.run((uid) => woken.push([uid, clock.now() - start]), stop.signal);
        const expected = new Map<Uid, number>();
        for (const [n, at] of settings) {
          const uid = asUid(`u${n}`);
          queue.set(uid, at === null ? null : start + at);
          if (at === null) expected.delete(uid);
          else expected.set(uid, at);
        }
        await clock.advance(6_000);
        stop.abort();
        const sort = (list: [Uid, number][]) => list.toSorted((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
        assert.deepEqual(sort(woken), sort([...expected]));
      },
    ),
    { numRuns: 50 },
  );
});

test('host ports: kept, distinct, within the range, never a taken one; null when there is no room', () => {
  const oneForward = { protocol: 'tcp' as const, hostIp: '127.0.0.1', hostPort: 0, guestPort: 80 };
  const nics = (count: number) => [
    { name: 'eth0', network: 'user', mac: 'm', forwards: Array.from({ length: count }, () => oneForward) },
  ];
  const range = { first: 100, last: 109 };
  fc.assert(
    fc.property(
      fc.nat(12),
      fc.uniqueArray(fc.integer({ min: 100, max: 109 })),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (count, taken, chance) => {
        const ports = chooseHostPorts(aSpec({ nics: nics(count) }), {}, new Set(taken), range, chance);
        if (count > 10 - taken.length) {
          assert.equal(ports, null);
          return;
        }
        const chosen = Object.values(ports ?? {});
        assert.equal(new Set(chosen).size, count);
        assert.ok(chosen.every((port) => port >= 100 && port <= 109 && !taken.includes(port)));
        const again = chooseHostPorts(aSpec({ nics: nics(count) }), ports ?? {}, new Set(), range, 0.5);
        assert.deepEqual(again, ports);
        // A forward is new before them, and one is declared: neither takes what the others keep.
        const [nic] = nics(count);
        const forwards = [...(nic?.forwards ?? []), { ...oneForward, hostPort: 105 }, oneForward];
        const more = aSpec({ nics: [{ name: 'eth0', network: 'user', mac: 'm', forwards }] });
        const last = Object.fromEntries(Object.entries(ports ?? {}).slice(1));
        const all = Object.values(chooseHostPorts(more, last, new Set(), range, chance) ?? { none: 0 });
        assert.equal(new Set([...all, 105]).size, all.length + 1);
      },
    ),
  );
});

test('a check of a command cannot be run from the host, and says so', () => {
  const check = {
    name: 'c',
    probe: { kind: 'command' as const, command: ['x'] },
    intervalSeconds: 1,
    timeoutSeconds: 1,
    retries: 0,
  };
  assert.equal(targetOf(check, []).kind, 'unreachable');
});

test('the virtual clock fires timers in order of time, then of arming, and leaks none', async () => {
  const clock = createVirtualClock();
  const fired: string[] = [];
  const gone = new AbortController();
  clock.sleep(20).then(() => fired.push('b'));
  clock.sleep(10).then(() => fired.push('a'));
  clock.sleep(20).then(() => fired.push('c'));
  clock.sleep(15, gone.signal).catch(() => fired.push('x'));
  const limit = clock.timeout(30);
  gone.abort();
  await clock.advance(25);
  assert.deepEqual(fired, ['x', 'a', 'b', 'c']);
  assert.equal(limit.aborted, false);
  await clock.advance(5);
  assert.equal(limit.aborted, true);
  assert.equal(clock.pending(), 0);
});
