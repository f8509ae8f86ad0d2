/** Guests whose health checks fail. */
import { story } from './story.ts';
import type { StoryVm } from './story-vm.ts';

const isHealthy = ({ reading }: StoryVm): boolean =>
  reading?.conditions.some(({ type, status }) => type === 'healthy' && status === 'true') === true;

const hasFailedOf = ({ observed }: StoryVm, wanted: string): boolean =>
  observed?.history.some(({ code }) => code === wanted) === true;

export const unhealthyGuests = story(
  'unhealthy-guests',
  'checks fail under each restart policy while agents die: restarted with backoff, or in error on the guest that lives on',
  async (world, vm) => {
    const node = world.node();
    const [never, onFailure, always] = [vm('never'), vm('on-failure'), vm('always')];
    const all = [never, onFailure, always];
    for (const each of all) {
      await each.create({
        restart_policy: each.name.replace('-', '_'),
        nics: [{ name: 'net0', forwards: [{ guest_port: 80 }] }],
        health_checks: [{ name: 'web', http: { port: 80 }, retries: 2 }],
        stop: { grace_seconds: 5 },
      });
    }
    for (const each of all) await each.until(() => isHealthy(each), 120_000, 'healthy');
    const first = new Map(all.map((each) => [each, each.incarnation?.id]));
    for (const { uid } of all) node.faults.failsChecks.add(uid);
    await world.advance(world.random.between(1_000, 60_000));
    node.kill();
    node.start();
    await never.until(() => never.is('error'), 120_000, 'the error is told');
    await always.until(() => (always.observed?.restart.attempt ?? 0) >= 1, 120_000, 'it was restarted');
    world.expect(never.reason === 'health_check_failed', 'the error names the check');
    world.expect(never.incarnation?.id === first.get(never), 'under never the guest is left running');
    for (const each of [onFailure, always]) {
      await each.until(() => hasFailedOf(each, 'health_check_failed'), 120_000, 'told in the history');
      await each.until(() => each.incarnation?.id !== first.get(each), 60_000, 'another incarnation');
    }
    // A guest that never comes up has its boot limit, in each incarnation.
    await onFailure.until(() => hasFailedOf(onFailure, 'boot_timeout'), 900_000, 'a boot that times out');
    await always.ask('stop');
    await always.converged('stopped');
    node.faults.clear();
    for (const each of [never, onFailure]) {
      await each.until(() => isHealthy(each), 400_000, 'healthy again');
      await each.converged();
    }
    world.expect(always.is('stopped'), 'a stop outranks every check (F5)');
  },
);
