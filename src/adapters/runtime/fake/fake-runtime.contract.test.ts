import { aSpec } from '../../../core/instance/testing/builders.ts';
import type { CachedImage } from '../../../ports/images.ts';
import { runtimeContract } from '../../../ports/runtime.contract.ts';
import type { RuntimeUnderTest } from '../../../ports/testing/runtime-bench.ts';
import { createFakeRuntime } from './create-fake-runtime.ts';
import { FAKE_READY_TEXT } from './fake-guest.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeWorld } from './fake-world.ts';
import { createCountingRandom, createTestClock, during } from './testing/test-time.ts';

const anImage = (format: CachedImage['format']): CachedImage => ({
  sha256: 'ab'.repeat(32),
  sizeBytes: 1_000,
  virtualSizeBytes: 2 ** 27,
  format,
  path: '/images/x',
});

runtimeContract('fake', async () => {
  const clock = createTestClock();
  const random = createCountingRandom();
  const world = createFakeWorld({ clock, random });
  let host = createFakeHost(world);
  let port = 20_000;
  const direct = { root: null, kernel: anImage('blob'), initrd: anImage('blob') };
  const test: RuntimeUnderTest = {
    runtime: createFakeRuntime({ world, host }),
    host: createFakeHost(world),
    random,
    spec: (fields) => aSpec(fields),
    artefacts: direct,
    withRoot: { ...direct, root: anImage('qcow2') },
    readyText: FAKE_READY_TEXT,
    freePort: async () => port++,
    async restartAgent() {
      host = createFakeHost(world);
      test.runtime = createFakeRuntime({ world, host });
    },
    async hang(proof) {
      const uid = world.liveProcess(proof)?.vm?.ref.uid;
      if (uid !== undefined) world.hang(uid);
    },
    async until(what, holds) {
      // What holds now may itself wait for simulated time, so time goes on beside it.
      for (let steps = 0; ; steps += 1) {
        if (await during(clock, holds())) return;
        if (steps > 3_000) throw new Error(`Waited for ${what}`);
        await clock.advance(20);
      }
    },
    leftovers: async () => [
      ...world.instances.keys(),
      ...world.pidFiles.keys(),
      ...[...world.processes.values()].filter(({ end }) => end === undefined).map(({ dir }) => dir),
    ],
    async stop() {},
  };
  return test;
});
