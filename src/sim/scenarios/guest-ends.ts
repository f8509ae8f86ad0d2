/** Guests that end or change by themselves. */
import type { RestartPolicy } from '../../core/instance/spec.ts';
import type { SimWorld } from '../sim-world.ts';
import { granted, incarnationOf, isConverged, readingOf, restAndCheck, uidOf, untilConverged } from './looks.ts';
import { create, verb } from './requests.ts';
import type { Scenario } from './scenario.ts';

const policies: readonly RestartPolicy[] = ['never', 'on_failure', 'always'];
const nameOf = (policy: RestartPolicy): string => policy.replace('_', '-');

export const guestPowerOff: Scenario = {
  name: 'guest-power-off',
  about: 'the guest powers itself off under each restart policy, with the agent up and down (F5)',
  async run(world) {
    await world.boot();
    for (const policy of policies) await granted(world, create(world, nameOf(policy), { restart_policy: policy }));
    for (const policy of policies) await untilConverged(world, nameOf(policy));
    await powerOffAll(world);
    for (const policy of policies) {
      if (policy === 'always') continue;
      await granted(world, verb(world, nameOf(policy), 'start'));
      await untilConverged(world, nameOf(policy));
      world.expect(incarnationOf(world, nameOf(policy))?.run === 2, 'start brought a new run');
    }
    // The cause stays readable while nobody looks.
    world.node().kill();
    await powerOffAll(world, () => void world.node().start());
    await restAndCheck(world);
  },
};

async function powerOffAll(world: SimWorld, then: () => void = () => undefined): Promise<void> {
  await world.advance(5_000);
  const before = new Map(policies.map((policy) => [policy, incarnationOf(world, nameOf(policy))?.id]));
  for (const policy of policies) world.node().world.guestPowersOff(uidOf(world, nameOf(policy)));
  await world.advance(2_000);
  then();
  await world.advance(30_000);
  for (const policy of policies) {
    const name = nameOf(policy);
    if (policy === 'always') {
      await untilConverged(world, name);
      world.expect(incarnationOf(world, name)?.id !== before.get(policy), 'under always another incarnation runs');
      continue;
    }
    world.expect(isConverged(world, name, 'stopped'), `under ${policy} the guest's wish is respected, and in sync`);
    const converged = readingOf(world, name)?.conditions.find(({ type }) => type === 'converged');
    world.expect(converged?.code === 'guest_power_off', `converged says guest_power_off, not ${converged?.code}`);
  }
}

export const pausedBehindOurBack: Scenario = {
  name: 'paused-behind-our-back',
  about: 'a pause over the raw monitor is drift: corrected, or only reported under drift_policy detect (S11)',
  async run(world) {
    await world.boot();
    await granted(world, create(world, 'mended'));
    await granted(world, create(world, 'told', { drift_policy: 'detect' }));
    await untilConverged(world, 'mended');
    await untilConverged(world, 'told');
    await world.advance(5_000);
    const node = world.node();
    for (const name of ['mended', 'told']) node.world.guestIsPaused(uidOf(world, name));
    await world.advance(15_000);
    world.expect(isConverged(world, 'mended'), 'the pause was corrected');
    const told = readingOf(world, 'told');
    world.expect(told?.inSync === false && told.drift.length > 0, 'the pause is reported');
    world.expect(
      told?.drift.every(({ because }) => because === 'drift_detect_only') === true,
      'and says why it is left',
    );
    world.expect(world.executing().length === 1, 'the guest under detect was left alone');
    await restAndCheck(world);
  },
};
