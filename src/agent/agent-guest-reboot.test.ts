/** A guest that reboots of its own accord: its process goes on, and its user is told, however often it does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { aBootedGuest, type TestNode, testSpec } from './testing/test-node.ts';

async function aRunningGuest(): Promise<TestNode> {
  const node = await aBootedGuest(aDesired({ spec: testSpec() }));
  return node;
}

const told = (node: TestNode): readonly string[] =>
  node.plane.reports.flatMap(({ events }) =>
    events.flatMap(({ code, message }) => (code === 'guest_rebooted' || code === 'guest_reset' ? message : [])),
  );

test("a guest's own reboot is told, its process goes on, and that of a reset is none", async () => {
  const node = await aRunningGuest();
  const before = node.seen()?.incarnation?.id;
  const reset = node.plane.node().reset(testUid, new AbortController().signal);
  await node.clock.advance(10_000);
  await reset;
  assert.deepEqual(told(node), []);
  node.world.guestReboots(testUid);
  await node.clock.advance(10_000);
  assert.deepEqual(told(node), ['VM "web-1": the guest rebooted itself']);
  assert.equal(node.seen()?.incarnation?.id, before);
  assert.equal(node.liveCount(), 1);
});

test('a guest that reboots again and again is told of with a count, not each time', async () => {
  const node = await aRunningGuest();
  for (let reboots = 0; reboots < 360; reboots += 1) {
    node.world.guestReboots(testUid);
    await node.clock.advance(10_000);
  }
  const [first, second, ...more] = told(node);
  assert.equal(first, 'VM "web-1": the guest rebooted itself');
  assert.equal(second, 'VM "web-1": the guest rebooted itself, 60 times since that was last told');
  assert.equal(more.length, 4, 'once in ten minutes');
  await node.clock.advance(3_600_000);
  node.world.guestReboots(testUid);
  await node.clock.advance(1_000);
  assert.match(told(node).at(-1) ?? '', /, \d+ times since that was last told$/);
});

test('S11 a guest that was reset by hand is told of as that, with a count of its own', async () => {
  const node = await aRunningGuest();
  const before = node.seen()?.incarnation?.id;
  for (let resets = 0; resets < 61; resets += 1) {
    node.world.guestReboots(testUid, 'hand');
    if (resets === 0) node.world.guestReboots(testUid);
    await node.clock.advance(10_000);
  }
  assert.deepEqual(told(node), [
    'VM "web-1": the guest was reset by hand, without an order of Holdfast',
    'VM "web-1": the guest rebooted itself',
    'VM "web-1": the guest was reset by hand, without an order of Holdfast, 60 times since that was last told',
  ]);
  assert.equal(node.seen()?.incarnation?.id, before);
});
