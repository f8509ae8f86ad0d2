import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aSpec } from '../../core/instance/testing/builders.ts';
import { guestBlockMib, headroomOf, MEMORY_BLOCK_MIB, planMemory, usableGrowMib } from './headroom.ts';

test('a memory plan gives exactly what is wanted, in whole blocks, and never more than the ceiling', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 32, max: 8_192 }),
      fc.nat({ max: 1_024 }),
      fc.integer({ min: 1, max: 16_384 }),
      (boot, blocks, wanted) => {
        const growMib = blocks * MEMORY_BLOCK_MIB;
        const { pluggedMib, balloonTargetMib } = planMemory(boot, growMib, wanted);
        assert.equal(pluggedMib % MEMORY_BLOCK_MIB, 0);
        assert.ok(pluggedMib <= growMib && balloonTargetMib <= boot && balloonTargetMib > 0);
        assert.equal(pluggedMib + balloonTargetMib, Math.min(wanted, boot + growMib));
      },
    ),
  );
});

test('every value up to memory_max_mib can be taken by the guest: the device ends at a memory block of the guest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 32, max: 262_144 }), fc.nat({ max: 65_536 }), (memoryMib, grow) => {
      const { growMib } = headroomOf(aSpec({ memoryMib, memoryMaxMib: memoryMib + grow }));
      assert.ok(usableGrowMib(memoryMib, growMib) >= grow);
      assert.ok(growMib < grow + guestBlockMib(memoryMib), 'and no more than that takes');
    }),
  );
});

test('what a process that was started with part of a memory block reports is what its guest can take', () => {
  assert.deepEqual(
    [64, 192, 256].map((device) => usableGrowMib(128, device)),
    [0, 128, 256],
  );
});
