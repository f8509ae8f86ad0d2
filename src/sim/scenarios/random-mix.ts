import type { Uid } from '../../core/kit/brand.ts';
import { CarefulUser } from '../careful-user.ts';
import { FaultDriver } from '../fault-driver.ts';
import { type FaultRate, ordinaryRate, stormRate } from '../fault-rate.ts';
import { recordIn } from '../journal-rows.ts';
import type { SimWorld } from '../sim-world.ts';
import { Workload } from '../workload.ts';
import type { Scenario } from './scenario.ts';

const hourMs = 3_600_000;

/** After the last fault everything has this long to come to rest: the longest backoff is 5 min, the longest deadline 10. */
const calmMs = 15 * 60_000;

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

/** A backup is taken and put back this often within the hour. */
const restores = 4;

const restoring = (how: Pick<Scenario, 'name' | 'about' | 'agent'>): Scenario => ({
  ...how,
  nodes,
  async run(world) {
    const { control, history, users } = world;
    const random = world.random.stream('restores');
    const faults = new FaultDriver(world, ordinaryRate);
    // A guest keeps the host port that a lost order gave it: nobody can promise that one to another.
    const workload = new Workload(world, 20_000, [0]);
    faults.begin();
    await world.until(() => world.control.isUp, 600_000, 'the control plane is up for the first time');
    workload.begin();
    for (let round = 0; round < restores; round++) {
      await world.advance(random.between(30_000, 300_000));
      const backup = control.disk.medium.backup();
      await world.advance(random.between(1_000, 300_000));
      world.trace.line('the store is restored');
      control.kill();
      control.disk.medium.restore(backup);
      history.forget(seenByNodes(world));
      // Restoring an older backup takes back what was acknowledged since: that is what it means.
      users.acknowledged.length = 0;
    }
    await world.advance(60_000);
    workload.end();
    faults.heal();
    await world.advance(120_000);
    if (how.agent?.unknownInstances === 'adopt') expectReasons(world);
    // What was made after a backup runs on and keeps its ports; nobody owns it any more, so its operator ends it.
    for (const node of world.nodes) {
      for (const uid of world.unassignedOn(node.name) ?? []) {
        world.unowned.add(uid);
        for (const process of node.world.vmProcesses(uid as Uid)) {
          node.world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
        }
      }
    }
    await world.advance(calmMs);
    world.checkEnd();
  },
});

export const restoreMix = restoring({
  name: 'restore-mix',
  about: 'users and faults by chance, and now and then the store is restored from a backup of a while ago; then calm',
});

export const adoptMix = restoring({
  name: 'adopt-mix',
  about: 'the same, and what a restored store does not know is adopted where nothing stands against it',
  agent: { unknownInstances: 'adopt' },
});

/** Under `adopt`, what was ordered and runs is either managed or says why not. */
function expectReasons(world: SimWorld): void {
  for (const node of world.nodes) {
    for (const { uid, notAdopted } of world.unassignedRows(node.name)) {
      const order = node.recordOf(uid)?.lastOrder ?? null;
      const isOffered = order !== null && (order.desiredPhase === 'running' || order.desiredPhase === 'stopped');
      world.expect(
        !isOffered || notAdopted != null,
        `${uid} on ${node.name} is offered, and nobody says why it is left`,
      );
    }
  }
}

/** The newest generation of each VM that any node remembers. */
function seenByNodes({ nodes: all }: SimWorld): ReadonlyMap<Uid, number> {
  const seen = new Map<Uid, number>();
  for (const { disk } of all) {
    for (const entry of disk.medium.backup().entries) {
      const record = entry.key.startsWith('record/') ? recordIn(entry) : null;
      if (record !== null) seen.set(record.uid, Math.max(seen.get(record.uid) ?? 0, record.seenGeneration));
    }
  }
  return seen;
}

/** Minutes of trouble are enough: a fault every few seconds. */
const stormMs = 8 * 60_000;

export const storm: Scenario = {
  name: 'storm',
  about: 'a fault every few seconds, lives of a few port calls, impatient users; then calm',
  nodes,
  run: (world) => mix(world, stormRate, { troubleMs: stormMs, pauseMs: 6_000 }),
};
