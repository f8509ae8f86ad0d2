/** Stops that are overtaken, fail, or end an error: the seed's story and its neighbours. */
import {
  granted,
  incarnationOf,
  isPhase,
  processesOf,
  readingOf,
  restAndCheck,
  uidOf,
  untilConverged,
} from './looks.ts';
import { create, verb } from './requests.ts';
import type { Scenario } from './scenario.ts';

export const startDuringStop: Scenario = {
  name: 'start-during-stop',
  about: 'start comes while a graceful stop is under way: the old incarnation ends, a new one runs',
  async run(world) {
    await world.boot();
    await granted(world, create(world, 'web', { stop: { grace_seconds: 30 } }));
    await untilConverged(world, 'web');
    await world.advance(10_000);
    const uid = uidOf(world, 'web');
    const before = incarnationOf(world, 'web');
    world.node().faults.ignoresPowerButton.add(uid);
    await granted(world, verb(world, 'web', 'stop'));
    await world.until(() => isPhase(world, 'web', 'stopping'), 5_000, 'web is stopping');
    await world.advance(3_000);
    await granted(world, verb(world, 'web', 'start'));
    await untilConverged(world, 'web');
    const after = incarnationOf(world, 'web');
    world.expect(before !== null && after !== null && after.id !== before.id, 'a new incarnation runs');
    world.expect(after?.run === 2, `run 2 is realised, not ${after?.run}`);
    world.expect(processesOf(world, uid) === 1, 'one process is left');
    await restAndCheck(world);
  },
};

export const stopTimeoutFail: Scenario = {
  name: 'stop-timeout-fail',
  about: 'a stop times out under on_timeout fail; start then keeps the live incarnation (S23, S26)',
  async run(world) {
    await world.boot();
    await granted(world, create(world, 'web', { stop: { grace_seconds: 5, on_timeout: 'fail' } }));
    await untilConverged(world, 'web');
    await world.advance(10_000);
    const uid = uidOf(world, 'web');
    const before = incarnationOf(world, 'web');
    world.node().faults.ignoresPowerButton.add(uid);
    await granted(world, verb(world, 'web', 'stop'));
    await world.until(
      () => readingOf(world, 'web')?.reason?.code === 'stop_timeout',
      30_000,
      'web is error(stop_timeout)',
    );
    await world.advance(60_000);
    world.expect(
      readingOf(world, 'web')?.reason?.code === 'stop_timeout',
      'S26: the error stands, nothing is repeated',
    );
    world.expect(processesOf(world, uid) === 1, 'the guest is protected from its own stop');
    await granted(world, verb(world, 'web', 'start'));
    await untilConverged(world, 'web');
    const after = incarnationOf(world, 'web');
    world.expect(after?.id === before?.id && after?.run === 1, 'the live incarnation is kept, no run is added');
    world.expect(after?.startedAt === before?.startedAt, 'the usage interval was never closed');
    await restAndCheck(world);
  },
};

/** The story of the seed: an error while the process lives must not stick, and `start` must not be a silent no-op. */
export const errorToRunning: Scenario = {
  name: 'error-to-running',
  about: 'the stop fails while the monitor is silent, the agent restarts, start repairs the record without a new start',
  async run(world) {
    await world.boot();
    await granted(world, create(world, 'vm1', { stop: { grace_seconds: 3, on_timeout: 'fail' } }));
    await untilConverged(world, 'vm1');
    const uid = uidOf(world, 'vm1');
    const before = incarnationOf(world, 'vm1');
    const node = world.node();
    node.faults.monitorSilent.add(uid);
    await granted(world, verb(world, 'vm1', 'stop'));
    await world.until(() => readingOf(world, 'vm1')?.phase === 'error', 120_000, 'vm1 is in error');
    world.expect(processesOf(world, uid) === 1, 'the hypervisor process is still alive');
    node.kill();
    await world.advance(2_000);
    node.start();
    node.faults.monitorSilent.delete(uid);
    await world.advance(20_000);
    world.expect(readingOf(world, 'vm1')?.phase === 'error', 'nobody asked for anything: the error stands');
    await granted(world, verb(world, 'vm1', 'start'));
    await untilConverged(world, 'vm1');
    const after = incarnationOf(world, 'vm1');
    world.expect(after?.id === before?.id && after?.run === before?.run, 'the process that lived is the one that runs');
    world.expect(readingOf(world, 'vm1')?.reason === null, 'no error is left');
    await granted(world, verb(world, 'vm1', 'stop'));
    await untilConverged(world, 'vm1', 'stopped');
    await restAndCheck(world);
  },
};
