/** Guests that end or change by themselves. */
import type { RestartPolicy } from '../../core/instance/spec.ts';
import type { SimWorld } from '../sim-world.ts';
import { story } from './story.ts';
import type { StoryVm } from './story-vm.ts';

/** A VM of each policy, named by it. */
type ByPolicy = ReadonlyMap<RestartPolicy, StoryVm>;

export const guestPowerOff = story(
  'guest-power-off',
  'the guest powers itself off under each restart policy, with the agent up and down (F5)',
  async (world, vm) => {
    const all: ByPolicy = new Map([
      ['never', vm('never')],
      ['on_failure', vm('on-failure')],
      ['always', vm('always')],
    ]);
    for (const [policy, each] of all) await each.create({ restart_policy: policy });
    for (const each of all.values()) await each.converged();
    await powerOffAll(world, all);
    for (const [policy, each] of all) {
      if (policy === 'always') continue;
      await each.ask('start');
      await each.converged();
      world.expect(each.incarnation?.run === 2, 'start brought a new run');
    }
    // The cause stays readable while nobody looks.
    world.node().kill();
    await powerOffAll(world, all, () => void world.node().start());
  },
);

async function powerOffAll(world: SimWorld, all: ByPolicy, then: () => void = () => undefined): Promise<void> {
  await world.advance(5_000);
  const before = new Map([...all].map(([policy, { incarnation }]) => [policy, incarnation?.id]));
  for (const { uid } of all.values()) world.node().world.guestPowersOff(uid);
  await world.advance(2_000);
  then();
  await world.advance(30_000);
  for (const [policy, each] of all) {
    if (policy === 'always') {
      await each.converged();
      world.expect(each.incarnation?.id !== before.get(policy), 'under always another incarnation runs');
      continue;
    }
    world.expect(each.isConverged('stopped'), `under ${policy} the guest's wish is respected, and in sync`);
    const converged = each.reading?.conditions.find(({ type }) => type === 'converged');
    world.expect(converged?.code === 'guest_power_off', `converged says guest_power_off, not ${converged?.code}`);
  }
}

export const pausedBehindOurBack = story(
  'paused-behind-our-back',
  'a pause over the raw monitor is drift: corrected, or only reported under drift_policy detect (S11)',
  async (world, vm) => {
    const mended = await vm('mended').running();
    const told = await vm('told').running({ drift_policy: 'detect' });
    await world.advance(5_000);
    for (const { uid } of [mended, told]) world.node().world.guestIsPaused(uid);
    await world.advance(15_000);
    world.expect(mended.isConverged(), 'the pause was corrected');
    const drift = told.reading?.drift ?? [];
    world.expect(told.reading?.inSync === false && drift.length > 0, 'the pause is reported');
    world.expect(
      drift.every(({ because }) => because === 'drift_detect_only'),
      'and says why it is left',
    );
    world.expect(world.executing().length === 1, 'the guest under detect was left alone');
  },
);
