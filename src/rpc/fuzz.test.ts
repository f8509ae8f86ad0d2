import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fuzzFor, messageSequences, mutatedRecordings } from './testing/fuzz.ts';

/** Seconds of fuzzing in all; `testing/fuzz-main.ts` does it for hours. */
const SECONDS = 60;

/** Memory in use that may be added in all: a leak of one message for each run would be far beyond it. */
const MAX_GROWTH_BYTES = 20 * 1024 * 1024;

async function memoryInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  for (let i = 0; i < 4; i++) {
    (runInNewContext('gc') as () => void)();
    await new Promise(setImmediate);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

suite('fuzzing', () => {
  const unhandled: unknown[] = [];
  process.on('unhandledRejection', (reason) => unhandled.push(reason));

  for (const [name, property] of [
    ['random message sequences', messageSequences],
    ['mutated recordings of real conversations', mutatedRecordings],
  ] as const) {
    test(`${name} end without a crash, a hang, a leak or an unhandled rejection`, async (context) => {
      const before = await memoryInUse();
      const seed = Date.now() & 0x7fff_ffff;
      const runs = await fuzzFor(property, (SECONDS * 1000) / 2, seed);
      context.diagnostic(`${runs} runs from seed ${seed}`);
      assert.ok(runs > 10);
      assert.deepEqual(unhandled, []);
      const growth = (await memoryInUse()) - before;
      assert.ok(growth < MAX_GROWTH_BYTES, `memory grew by ${growth} bytes`);
    });
  }
});
