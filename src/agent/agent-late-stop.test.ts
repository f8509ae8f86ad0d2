/** A guest that powers off when the stop that asked it to was given up already (S26). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { createTestNode, testSpec } from './testing/test-node.ts';

const running = (fields = {}) => aDesired({ spec: testSpec(), ...fields });

test('S26 F5 a guest that follows its stop after that timed out is started again where start had kept it, and stays off where not', async () => {
  for (const isStarted of [true, false]) {
    const node = createTestNode();
    node.boot();
    const spec = testSpec({ stop: { graceSeconds: 5, onTimeout: 'fail' } });
    node.assign(running({ spec }));
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    const first = node.seen()?.incarnation?.id;
    node.world.faults = { ...node.world.faults, ignoresPowerButton: () => true };
    node.assign(running({ spec, generation: 2, desiredPhase: 'stopped' }));
    await node.until((seen) => seen?.operationError !== null && seen !== undefined, 'timed out', 10_000);
    if (isStarted) {
      node.assign(running({ spec, generation: 3 }));
      await node.until((seen) => seen?.observedGeneration === 3, 'repaired', 1_000);
    }
    await node.clock.advance(20_000);
    node.kill();
    node.boot();
    await node.clock.advance(1_000);
    node.world.guestPowersOff(testUid);
    await node.clock.advance(30_000);
    assert.equal(node.seen()?.runEnded, null, 'it was asked to, and meant nothing by it');
    assert.equal(node.liveCount(), isStarted ? 1 : 0);
    if (!isStarted) continue;
    assert.notEqual(node.seen()?.incarnation?.id, first);
    await node.clock.advance(20_000);
    node.world.guestPowersOff(testUid);
    await node.clock.advance(30_000);
    assert.equal(node.seen()?.runEnded?.cause, 'guest_power_off', 'nobody had asked this one');
  }
});
