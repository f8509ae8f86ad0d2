import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { reportEventsMax } from '../ports/control-link.ts';
import { createPlane } from '../ports/testing/control-link-samples.ts';
import { createTestNode, testSpec } from './testing/test-node.ts';

test('metrics travel once for each look at a VM, and again to a control plane that may not have them', async () => {
  const node = createTestNode({ config: { passIntervalMs: 600_000 } });
  node.boot();
  node.assign(aDesired({ spec: testSpec() }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  await node.clock.advance(95_000);
  const told = () =>
    node.plane.reports.flatMap(({ metrics }) => metrics.map(({ uid, observedAt }) => uid + observedAt));
  const { length } = node.plane.reports;
  assert.equal(told().length, 1);
  await node.clock.advance(60_000);
  assert.equal(node.plane.reports.length, length + 2, 'heartbeats go on');
  assert.equal(told().length, 1);
  const before = told();
  node.replacePlane(createPlane());
  await node.clock.advanceUntil(() => told().length > 0, 60_000, 'metrics in a new session');
  assert.deepEqual(told(), before);
});

test('the lease is renewed at the pace of the control plane, metrics are told at that of the node; the first with the start (§9)', async () => {
  const node = createTestNode({ config: { metricsMs: 90_000 } });
  node.boot();
  node.assign(aDesired({ spec: testSpec() }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const told = () => node.plane.reports.filter(({ metrics }) => metrics.length > 0).length;
  assert.equal(told(), 1);
  await node.clock.advance(90_000);
  const [reportsBefore, toldBefore] = [node.plane.reports.length, told()];
  await node.clock.advance(180_000);
  assert.ok(node.plane.reports.length - reportsBefore >= 6, 'every 30 s');
  assert.equal(told() - toldBefore, 2);
});

test('counters of a process that ended are taken back with the news of its end, once (S3, F2)', async () => {
  const node = createTestNode({ config: { metricsMs: 90_000, passIntervalMs: 600_000 } });
  node.boot();
  node.assign(aDesired({ spec: testSpec({ restartPolicy: 'never' }) }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const told = () => node.plane.reports.flatMap(({ metrics }) => metrics.map((each) => each.metrics === null));
  assert.deepEqual(told(), [false]);
  for (const process of node.world.vmProcesses(testUid)) node.world.endProcess(process, { kind: 'code', code: 1 });
  await node.until((seen) => seen?.incarnation?.state === 'failed', 'its end is told');
  assert.deepEqual(told(), [false, true]);
  await node.clock.advance(600_000);
  assert.deepEqual(told(), [false, true], 'nothing new is to be said of it');
  node.replacePlane(createPlane());
  await node.clock.advanceUntil(() => told().length > 0, 60_000, 'a new session');
  assert.deepEqual(told(), [true], 'the control plane may still have those it was told before');
});

test('the first counters of a new process are told with the news of it, not at the next regular time', async () => {
  const node = createTestNode({ config: { metricsMs: 600_000 } });
  node.boot();
  node.assign(aDesired({ spec: testSpec() }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  const first = node.seen()?.incarnation?.id;
  for (const process of node.world.vmProcesses(testUid)) node.world.endProcess(process, { kind: 'code', code: 1 });
  await node.until((seen) => seen?.incarnation?.state === 'running' && seen.incarnation.id !== first, 'again');
  const told = () => node.plane.reports.flatMap(({ metrics }) => metrics.map((each) => each.metrics === null));
  await node.clock.advanceUntil(() => told().filter((gone) => !gone).length === 2, 1_000, 'those of the new one');
});

test('events of a long absence are told in parts that the control plane keeps whole, oldest first', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(aDesired({ spec: testSpec() }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.unplug();
  await node.clock.advance(60_000);
  for (let crash = 0; crash < 120; crash += 1) {
    await node.clock.advance(700_000);
    for (const process of node.world.vmProcesses(testUid)) node.world.endProcess(process, { kind: 'code', code: 1 });
  }
  await node.clock.advance(1_000);
  node.replacePlane(createPlane());
  const told = () => node.plane.reports.flatMap(({ events }) => events);
  await node.clock.advanceUntil(() => told().length >= 240, 60_000, 'all are told');
  assert.ok(node.plane.reports.every(({ events }) => events.length <= reportEventsMax));
  const times = told().map(({ at }) => at);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});
