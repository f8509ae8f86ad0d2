import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired } from '../core/instance/testing/builders.ts';
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
