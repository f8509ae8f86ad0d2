/** Stores that lose their memory: nothing that runs may be destroyed by it. */
import type { SimWorld } from '../sim-world.ts';
import { story } from './story.ts';

/** The control plane dies, its disk becomes another, and it starts on that: what was acknowledged since is taken back. */
async function restartOn(world: SimWorld, changeDisk: () => void): Promise<void> {
  const { control, users, history } = world;
  control.kill();
  changeDisk();
  history.forget();
  users.acknowledged.length = 0;
  control.start();
  await world.until(() => control.isUp, 5_000, 'the control plane is up on the other store');
}

/** An agent that starts anew scans what is there, and acts on what it may. */
async function restartAgent(world: SimWorld): Promise<void> {
  world.node().kill();
  world.node().start();
  await world.advance(60_000);
}

export const restoredStore = story(
  'restored-store',
  'the store is restored from an older backup: generations are raised, nothing restarts, nothing is destroyed',
  async (world, vm) => {
    const { medium } = world.control.disk;
    const old = await vm('old').running();
    const backup = medium.backup();
    await old.ask('reboot');
    await old.converged();
    await old.patch({ restart_policy: 'always' });
    const young = await vm('young').running();
    const before = old.incarnation;
    // It is read while there is still a store that knows it.
    world.expect(young.uid !== old.uid, 'two VMs');
    await restartOn(world, () => medium.restore(backup));
    await world.advance(30_000);
    await old.converged();
    world.expect(old.incarnation?.id === before?.id && old.incarnation?.run === 2, 'nothing restarted by a restore');
    const generation = old.reading?.view.record.generation ?? 0;
    world.expect(generation > 3, `the generation was raised above the highest that the node reported: ${generation}`);
    world.expect(old.processes === 1, 'one process of the old one');
    world.expect(young.processes === 1, 'absence never destroys: the younger VM runs on, unassigned');
    await restartAgent(world);
    world.expect(young.processes === 1, 'also when the agent starts anew');
    world.expect(old.incarnation?.id === before?.id, 'and the old one is what it was');
    await old.ask('stop');
    await old.converged('stopped');
    await old.remove();
    world.unowned.add(young.uid);
  },
);

export const emptyStore = story(
  'empty-store',
  'an empty store is given to a node that runs VMs: of another cluster, then of the same; nothing is destroyed',
  async (world, vm) => {
    const { control, loopback } = world;
    const blank = control.disk.medium.backup();
    const web = await vm('web').running();
    const { uid } = web;
    const id = web.incarnation?.id;
    const stillRuns = (): void => {
      world.expect(web.processes === 1, 'the VM runs on');
      world.expect(world.node().recordOf(uid)?.incarnation?.id === id, 'it is the same incarnation');
    };
    await restartOn(world, () => control.disk.wipe());
    await world.advance(120_000);
    stillRuns();
    world.expect(loopback.breakConnections('looking') === 0, 'the node refuses another cluster');
    await restartOn(world, () => control.disk.medium.restore(blank));
    await world.advance(120_000);
    stillRuns();
    const isTold = (): boolean => (world.unassignedOn('node-1') ?? []).includes(uid);
    await world.until(isTold, 60_000, 'the VM nobody assigned is reported as unassigned');
    await restartAgent(world);
    stillRuns();
    world.unowned.add(uid);
  },
);
