/**
 * A node that is told to join another cluster (`--join-cluster`), with faults all the while: nothing that runs is destroyed
 * by it, restarted, or seen by two clusters at once.
 */
import type { AgentConfig } from '../../agent/agent-config.ts';
import type { CrashKind } from '../life.ts';
import type { SimWorld } from '../sim-world.ts';
import { restartOn } from './stores.ts';
import { story } from './story.ts';
import type { StoryVm } from './story-vm.ts';

const crashKinds: readonly CrashKind[] = ['before', 'after', 'part'];
/** A life that joins has made about this many calls by the time it has adopted what is there. */
const latestCrashCall = 40;
const attempts = 6;

/** Another cluster takes the place of the first; the node refuses it. Returns its id. */
async function anotherCluster(world: SimWorld): Promise<string> {
  await restartOn(world, () => world.control.disk.wipe());
  await world.advance(30_000);
  world.expect(world.sessionOf('node-1') === null, 'the node refuses another cluster until it is told to join it');
  return world.control.plane?.clusterId ?? '';
}

/** Lives of the agent that are to join, each with an end of its own; the control plane and the network fail beside it. */
async function joinThroughFaults(world: SimWorld, config: Partial<AgentConfig>, check: () => void): Promise<void> {
  const { control, network, random } = world;
  const node = world.node();
  const chance = random.stream('joining');
  node.configure(config);
  node.kill();
  for (let attempt = 0; attempt < attempts; attempt++) {
    node.start({ at: chance.between(1, latestCrashCall), how: chance.pick(crashKinds) });
    if (chance.chance(0.3)) network.cut.add(node.name);
    const dies = chance.chance(0.3);
    if (dies) control.life?.end();
    await world.advance(chance.between(100, 8_000));
    check();
    network.cut.delete(node.name);
    if (dies) control.start(chance.chance(0.5) ? { at: chance.between(1, 30), how: chance.pick(crashKinds) } : null);
    await world.advance(chance.between(100, 8_000));
    check();
    node.kill();
    if (control.life?.dead === true) control.start();
  }
  // A crash that was planned for this life would be one more fault.
  control.kill();
  control.start();
  node.start();
  await world.until(() => control.isUp, 5_000, 'the control plane is up');
}

/** Uid and incarnation, as the node itself knows them. */
function remembered(world: SimWorld, vms: readonly StoryVm[]): () => void {
  const before = vms.map((vm) => [vm, vm.uid, vm.incarnation?.id] as const);
  return () => {
    for (const [vm, uid, id] of before) {
      world.expect(vm.processes === 1, `${vm.name} runs on, once`);
      world.expect(world.node().recordOf(uid)?.incarnation?.id === id, `${vm.name} was not restarted`);
    }
  };
}

export const joinedCluster = story(
  'joined-cluster',
  'a node is told to join the cluster that took the place of its own, through crashes and cuts: all is adopted, nothing restarts',
  async (world, vm) => {
    const web = await vm('web').running({ memory_mib: 256, disks: [{ name: 'data', size_gib: 1 }] });
    const frozen = await vm('frozen').running();
    await frozen.ask('pause');
    await frozen.converged('paused');
    const off = await vm('off').running();
    await off.ask('stop');
    await off.converged('stopped');
    const uids = [web, frozen, off].map(({ uid }) => uid);
    const stillThere = remembered(world, [web, frozen]);
    const joinCluster = await anotherCluster(world);
    stillThere();
    await joinThroughFaults(world, { joinCluster, unknownInstances: 'adopt' }, stillThere);
    await web.converged();
    await frozen.converged('paused');
    await off.converged('stopped');
    stillThere();
    const now = [web, frozen, off].map(({ reading }) => reading?.view.record.uid);
    world.expect(
      now.every((uid, at) => uid === uids[at]),
      'all are who they were',
    );
    world.expect(world.unassignedOn('node-1')?.length === 0, 'nothing is left unassigned');
    await off.ask('start');
    await off.converged();
    await frozen.ask('resume');
    await frozen.converged();
  },
);

export const joinedLeavingAlone = story(
  'joined-leaving-alone',
  'a node that reports unknown instances joins another cluster through crashes and cuts: they run on, unassigned',
  async (world, vm) => {
    const web = await vm('web').running();
    const { uid } = web;
    const stillThere = remembered(world, [web]);
    const joinCluster = await anotherCluster(world);
    await joinThroughFaults(world, { joinCluster }, stillThere);
    const isTold = (): boolean => (world.unassignedOn('node-1') ?? []).includes(uid);
    await world.until(isTold, 60_000, 'it is told as unassigned');
    const young = await vm('young').running();
    world.expect(young.processes === 1, 'the cluster it joined has its work done');
    stillThere();
    world.unowned.add(uid);
  },
);
