/** Guests that write while the disk of their host is full. */
import { story } from './story.ts';
import type { StoryVm } from './story-vm.ts';

const codeOf = ({ reading }: StoryVm, wanted: string): string | undefined =>
  reading?.conditions.find(({ type }) => type === wanted)?.code;

export const fullHost = story(
  'full-host',
  'the disk of a host is full while agents die: its guests wait and that is told, nothing is lost, and all go on once there is room',
  async (world, vm) => {
    const node = world.node();
    const [checked, told, stopped, booting, late] = ['checked', 'told', 'stopped', 'booting', 'late'].map(vm);
    if (!checked || !told || !stopped || !booting || !late) return;
    const disks = [{ name: 'data', size_gib: 1 }];
    const port = { nics: [{ name: 'net0', forwards: [{ guest_port: 80 }] }] };
    const checks = { health_checks: [{ name: 'web', http: { port: 80 }, retries: 1 }], on_unresponsive: 'restart' };
    await checked.running({ ...port, ...checks, disks, restart_policy: 'always' });
    await told.running({ disks, drift_policy: 'detect' });
    await stopped.running({ disks, stop: { grace_seconds: 5 } });
    await world.advance(10_000);
    const kept = [checked, told];
    const first = kept.map(({ incarnation }) => incarnation?.id);
    await booting.create({ disks });
    await booting.until(() => booting.incarnation?.state === 'running', 60_000, 'it boots');

    node.faults.hasNoRoom = true;
    for (const { uid } of [...kept, stopped]) node.world.guestWrites(uid);
    // Sooner or later, with the journal of the agent on the same disk or on another.
    if (world.random.chance(0.5)) node.disk.health = 'full';
    await world.advance(world.random.between(1, 60_000));
    node.disk.health = 'well';
    if (world.random.chance(0.5)) {
      node.kill();
      node.start();
    }
    await late.create({ disks });
    const all = [...kept, stopped, booting];
    await world.until(() => all.every((each) => codeOf(each, 'running') === 'io_error'), 400_000, 'all are told');
    await world.advance(world.random.between(1, 600_000));
    world.expect(
      all.every((each) => each.is('paused')),
      'nothing else is said of them',
    );
    world.expect(codeOf(checked, 'converged') === 'io_error', 'and that it is let go again by itself');
    world.expect(codeOf(told, 'converged') === 'drift_detect_only', 'or that it is not');
    world.expect(late.reason === 'pool_full', `what cannot be made says so, not ${late.reason}`);
    await stopped.ask('stop');
    await stopped.converged('stopped');

    node.faults.hasNoRoom = false;
    await world.until(
      () => [checked, booting, late].every((each) => each.isConverged()),
      400_000,
      'all go on by themselves',
    );
    world.expect(told.is('paused'), 'under detect nobody lets it go');
    await told.ask('resume');
    for (const each of [told, checked]) await each.converged();
    world.expect(
      kept.every(({ incarnation }, at) => incarnation?.id === first[at]),
      'the guests are those that were',
    );
    world.expect(
      all.every((each) => each.filesOn()?.diskGib.has('data') === true),
      'every disk is there',
    );
    await stopped.ask('start');
    await stopped.converged();
  },
);
