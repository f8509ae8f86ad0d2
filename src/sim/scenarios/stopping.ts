/** Stops that are overtaken, fail, or end an error: the seed's story and its neighbours. */
import { story } from './story.ts';

export const startDuringStop = story(
  'start-during-stop',
  'start comes while a graceful stop is under way: the old incarnation ends, a new one runs',
  async (world, vm) => {
    const web = await vm('web').running({ stop: { grace_seconds: 30 } });
    await world.advance(10_000);
    const before = web.incarnation;
    world.node().faults.ignoresPowerButton.add(web.uid);
    await web.ask('stop');
    await web.until(() => web.is('stopping'), 5_000, 'stopping');
    await world.advance(3_000);
    await web.ask('start');
    await world.advance(5_000);
    world.expect(
      web.incarnation?.id === before?.id,
      'start waits for the end of the incarnation that was asked to stop',
    );
    await web.converged();
    world.expect(before !== null && web.incarnation?.id !== before.id, 'a new incarnation runs');
    world.expect(web.incarnation?.run === 2, `run 2 is realised, not ${web.incarnation?.run}`);
    world.expect(web.processes === 1, 'one process is left');
  },
);

export const stopTimeoutFail = story(
  'stop-timeout-fail',
  'a stop times out under on_timeout fail; start then keeps the live incarnation (S23, S26)',
  async (world, vm) => {
    const web = await vm('web').running({ stop: { grace_seconds: 5, on_timeout: 'fail' } });
    await world.advance(10_000);
    const before = web.incarnation;
    world.node().faults.ignoresPowerButton.add(web.uid);
    await web.ask('stop');
    await web.until(() => web.reason === 'stop_timeout', 30_000, 'error(stop_timeout)');
    await world.advance(60_000);
    world.expect(web.reason === 'stop_timeout', 'S26: the error stands, nothing is repeated');
    world.expect(web.processes === 1, 'the guest is protected from its own stop');
    await web.ask('start');
    await web.converged();
    const after = web.incarnation;
    world.expect(after?.id === before?.id && after?.run === 1, 'the live incarnation is kept, no run is added');
    world.expect(after?.startedAt === before?.startedAt, 'the usage interval was never closed');
    world.expect(web.reading?.reason === null, 'no error is left');
  },
);

/** The story of the seed: an error while the process lives must not stick, and `start` must not be a silent no-op. */
export const errorToRunning = story(
  'error-to-running',
  'the stop fails while the monitor is silent, the agent restarts, start repairs the record without a new start',
  async (world, vm) => {
    const vm1 = await vm('vm1').running({ stop: { grace_seconds: 3, on_timeout: 'fail' } });
    const before = vm1.incarnation;
    const node = world.node();
    node.faults.monitorSilent.add(vm1.uid);
    await vm1.ask('stop');
    await vm1.until(() => vm1.is('error'), 120_000, 'error');
    world.expect(vm1.processes === 1, 'the hypervisor process is still alive');
    node.kill();
    await world.advance(2_000);
    node.start();
    node.faults.monitorSilent.delete(vm1.uid);
    await world.advance(20_000);
    world.expect(vm1.is('error'), 'nobody asked for anything: the error stands');
    await vm1.ask('start');
    await vm1.converged();
    const after = vm1.incarnation;
    world.expect(after?.id === before?.id && after?.run === before?.run, 'the process that lived is the one that runs');
    world.expect(vm1.reading?.reason === null, 'no error is left');
    await vm1.ask('stop');
    await vm1.converged('stopped');
  },
);
