/**
 * What every runtime must do. The suite asserts the state of the world (processes, guests, disks, logs), never the
 * calls made, and waits on evidence with a deadline of the runtime's own: real time for real hypervisors, simulated
 * time for the fake.
 *
 * The guest it boots: from kernel and initrd, prints `readyText` on its serial line, answers the power button, and
 * does what `holdfast.panic` or `holdfast.poweroff` on its command line say after that.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Bench, createBench, type RuntimeUnderTest } from './testing/runtime-bench.ts';
import { crashChecks, failureChecks } from './testing/runtime-crash-checks.ts';
import {
  changeChecks,
  consoleChecks,
  guestChecks,
  memoryAndDiskChecks,
  removedDiskChecks,
} from './testing/runtime-guest-checks.ts';
import { lifeChecks, refusalChecks } from './testing/runtime-life-checks.ts';

export type OpenRuntime = () => Promise<RuntimeUnderTest>;

export function runtimeContract(name: string, open: OpenRuntime, skip: string | false = false): void {
  describe(`a runtime: ${name}`, { skip }, () => {
    const check = (title: string, body: (bench: Bench) => Promise<void>): void => {
      it(title, async () => {
        const world = await open();
        const bench = createBench(world);
        try {
          await body(bench);
          await bench.end();
          assert.deepEqual(await world.leftovers(), [], 'nothing is left');
        } finally {
          await world.stop();
        }
      });
    };
    lifeChecks(check);
    refusalChecks(check);
    crashChecks(check);
    failureChecks(check);
    guestChecks(check);
    changeChecks(check);
    memoryAndDiskChecks(check);
    removedDiskChecks(check);
    consoleChecks(check);
  });
}
