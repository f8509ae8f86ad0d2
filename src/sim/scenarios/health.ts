/** Guests whose health checks fail. */
import { currentObservation } from '../../core/convergence/vm-view.ts';
import type { RestartPolicy } from '../../core/instance/spec.ts';
import type { ObservedInstance } from '../../core/node/observation.ts';
import type { SimWorld } from '../sim-world.ts';
import { granted, incarnationOf, isPhase, readingOf, restAndCheck, uidOf, untilConverged } from './looks.ts';
import { create, verb } from './requests.ts';
import type { Scenario } from './scenario.ts';

const policies: readonly RestartPolicy[] = ['never', 'on_failure', 'always'];
const nameOf = (policy: RestartPolicy): string => policy.replace('_', '-');

const observedOf = (world: SimWorld, name: string): ObservedInstance | null => {
  const reading = readingOf(world, name);
  return reading === null ? null : (currentObservation(reading.view)?.instance ?? null);
};

const isHealthy = (world: SimWorld, name: string): boolean =>
  readingOf(world, name)?.conditions.some(({ type, status }) => type === 'healthy' && status === 'true') === true;

export const unhealthyGuests: Scenario = {
  name: 'unhealthy-guests',
  about:
    'checks fail under each restart policy while agents die: restarted with backoff, or in error on the guest that lives on; all well when they pass',
  async run(world) {
    await world.boot();
    const node = world.node();
    for (const policy of policies) {
      const nics = [{ name: 'net0', forwards: [{ guest_port: 80 }] }];
      const health_checks = [{ name: 'web', http: { port: 80 }, retries: 2 }];
      await granted(
        world,
        create(world, nameOf(policy), { restart_policy: policy, nics, health_checks, stop: { grace_seconds: 5 } }),
      );
    }
    for (const policy of policies) {
      const name = nameOf(policy);
      await world.until(() => isHealthy(world, name), 120_000, `"${name}" is healthy`);
    }
    const first = new Map(policies.map((policy) => [policy, incarnationOf(world, nameOf(policy))?.id]));
    for (const policy of policies) node.faults.failsChecks.add(uidOf(world, nameOf(policy)));
    await world.advance(world.random.between(1_000, 60_000));
    node.kill();
    node.start();
    await world.until(() => isPhase(world, 'never', 'error'), 120_000, 'the error is told');
    await world.until(() => (observedOf(world, 'always')?.restart.attempt ?? 0) >= 1, 120_000, 'it was restarted');
    world.expect(readingOf(world, 'never')?.reason?.code === 'health_check_failed', 'the error names the check');
    world.expect(incarnationOf(world, 'never')?.id === first.get('never'), 'under never the guest is left running');
    for (const policy of ['on_failure', 'always'] as const) {
      const history = () => observedOf(world, nameOf(policy))?.history.map(({ code }) => code) ?? [];
      await world.until(() => history().includes('health_check_failed'), 120_000, `${policy}: told in the history`);
      world.expect(incarnationOf(world, nameOf(policy))?.id !== first.get(policy), `${policy}: another incarnation`);
    }
    // A guest that never comes up has its boot limit, in each incarnation.
    await world.until(
      () => observedOf(world, 'on-failure')?.history.some(({ code }) => code === 'boot_timeout') === true,
      900_000,
      'a boot that times out',
    );
    await granted(world, verb(world, 'always', 'stop'));
    await untilConverged(world, 'always', 'stopped');
    node.faults.clear();
    for (const name of ['never', 'on-failure']) {
      await world.until(() => isHealthy(world, name), 400_000, `"${name}" is healthy again`);
      await untilConverged(world, name);
    }
    world.expect(isPhase(world, 'always', 'stopped'), 'a stop outranks every check (F5)');
    await restAndCheck(world);
  },
};
