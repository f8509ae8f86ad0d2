import { FaultDriver } from '../fault-driver.ts';
import { Workload } from '../workload.ts';
import type { Scenario } from './scenario.ts';

const hourMs = 3_600_000;

/** After the last fault everything has this long to come to rest: the longest backoff is 5 min, the longest deadline 10. */
export const calmMs = 15 * 60_000;

/** Users and faults by chance; then calm, and everything must be as it was asked for. */
export const randomMix: Scenario = {
  name: 'random',
  about: 'users and faults by chance, then calm',
  // One node most of the time: more say little more and cost as much again.
  nodes: (seed) => (seed % 3 === 0 ? 3 : 1),
  async run(world, hours) {
    const faults = new FaultDriver(world);
    const workload = new Workload(world);
    faults.begin();
    await world.until(() => world.control.isUp, 600_000, 'the control plane is up for the first time');
    workload.begin();
    await world.advance(Math.max(0, hours * hourMs - calmMs));
    workload.end();
    faults.heal();
    await world.advance(calmMs);
    world.checkEnd();
  },
};
