import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired } from '../core/instance/testing/builders.ts';
import { createTestNode, testSpec } from './testing/test-node.ts';

test('S4 S18 a VM that is assigned is made real, reported running and in sync', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(aDesired({ spec: testSpec() }));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync', 1_000);
  const seen = node.seen();
  assert.equal(seen?.incarnation?.state, 'running');
  assert.equal(seen?.guest, 'running');
  assert.equal(seen?.incarnation?.run, 1);
  assert.equal(node.liveCount(), 1);
});
