import { CarefulUser } from '../careful-user.ts';
import { FaultDriver, type FaultRate, ordinaryRate, stormRate } from '../fault-driver.ts';
import type { SimWorld } from '../sim-world.ts';
import { Workload } from '../workload.ts';
import type { Scenario } from './scenario.ts';

const hourMs = 3_600_000;

/** After the last fault everything has this long to come to rest: the longest backoff is 5 min, the longest deadline 10. */
export const calmMs = 15 * 60_000;

/** One node most of the time: more say little more and cost as much again. */
const nodes = (seed: number): number => (seed % 3 === 0 ? 3 : 1);

async function mix(
  world: SimWorld,
  rate: FaultRate,
  { troubleMs, pauseMs }: { readonly troubleMs: number; readonly pauseMs: number },
): Promise<void> {
  const faults = new FaultDriver(world, rate);
  const workload = new Workload(world, pauseMs);
  faults.begin();
  await world.until(() => world.control.isUp, 600_000, 'the control plane is up for the first time');
  const careful = new CarefulUser(world, pauseMs * 5);
  workload.begin();
  careful.begin();
  await world.advance(troubleMs);
  workload.end();
  careful.end();
  faults.heal();
  await world.advance(calmMs);
  world.checkEnd();
}

export const randomMix: Scenario = {
  name: 'random',
  about: 'users and faults by chance, then calm; everything must be as it was asked for',
  nodes,
  run: (world, hours) => mix(world, ordinaryRate, { troubleMs: Math.max(0, hours * hourMs - calmMs), pauseMs: 90_000 }),
};

/** Minutes of trouble are enough: a fault every few seconds. */
const stormMs = 8 * 60_000;

export const storm: Scenario = {
  name: 'storm',
  about: 'a fault every few seconds, lives of a few port calls, impatient users; then calm',
  nodes,
  run: (world) => mix(world, stormRate, { troubleMs: stormMs, pauseMs: 6_000 }),
};
