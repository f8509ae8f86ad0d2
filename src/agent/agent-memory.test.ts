/** Memory is given and taken by the guest: what the agent says of one that does not follow (F1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDesired, testUid } from '../core/instance/testing/builders.ts';
import { createTestNode, testSpec } from './testing/test-node.ts';

const ordered = (generation: number, memoryMib: number, over = {}) =>
  aDesired({ generation, spec: testSpec({ memoryMib, memoryMaxMib: 512 }), ...over });

test('F1 a guest that gives back no more memory is told as an error once, and is over with a size it can do, or a reboot', async () => {
  for (const after of [ordered(3, 400), ordered(3, 256, { run: 2 })]) {
    const node = createTestNode();
    node.boot();
    node.assign(ordered(1, 512));
    await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
    await node.clock.advance(10_000);
    const guest = node.world.vmProcesses(testUid)[0]?.vm;
    assert.ok(guest);
    guest.heldMib = 400;
    node.assign(ordered(2, 256));
    await node.until((seen) => seen?.operationError !== null, 'told', 120_000);
    const error = node.seen()?.operationError;
    assert.equal(error?.reason.code, 'operation_deadline_exceeded');
    assert.match(error.reason.message, /no more memory back than down to 400 MiB .*'holdfast vm reboot /);
    await node.clock.advance(600_000);
    assert.equal(node.seen()?.observedGeneration, 1);
    assert.equal(node.seen()?.incarnation?.state, 'running');
    assert.deepEqual(
      node.seen()?.history.map(({ code }) => code),
      ['operation_deadline_exceeded'],
    );
    assert.equal(node.events().filter((code) => code === 'updating').length, 1, 'the change is told once');
    assert.equal(node.events().filter((code) => code === 'operation_deadline_exceeded').length, 1);
    node.assign(after);
    await node.until((seen) => seen?.observedGeneration === 3, 'in sync again', 60_000);
    assert.equal(node.seen()?.operationError, null);
    assert.equal(node.seen()?.facts?.memoryMib, after.spec.memoryMib);
  }
});

test('a guest that is asked while it is paused is not waited for in vain: no error, and it follows once it goes on', async () => {
  const node = createTestNode();
  node.boot();
  node.assign(ordered(1, 512));
  await node.until((seen) => seen?.observedGeneration === 1, 'in sync');
  node.assign(ordered(2, 256, { desiredPaused: true }));
  await node.clock.advance(600_000);
  assert.equal(node.seen()?.guest, 'paused');
  assert.equal(node.seen()?.operationError, null);
  node.assign(ordered(3, 256));
  await node.until((seen) => seen?.observedGeneration === 3, 'in sync again', 60_000);
  assert.equal(node.seen()?.facts?.memoryMib, 256);
});
