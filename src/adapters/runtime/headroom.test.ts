import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MEMORY_BLOCK_MIB, planMemory } from './headroom.ts';

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
