/** Stores that lose their memory: nothing that runs may be destroyed by it. */
import { isFinished } from '../../core/task/task.ts';
import type { SimWorld } from '../sim-world.ts';
import { story } from './story.ts';

/** The control plane dies, its disk becomes another, and it starts on that: what was acknowledged since is taken back. */
export async function restartOn(world: SimWorld, changeDisk: () => void): Promise<void> {
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

export const fullStore = story(
  'full-store',
  'the disk of the store is full for a while: what was asked for before is done once there is room, without a restart',
  async (world, vm) => {
    const { disk } = world.control;
    const web = await vm('web').running();
    // What comes of each request finds no room: the place of the one, the end of the task of the other.
    await vm('late').create();
    disk.health = 'full';
    await world.advance(10_000);
    world.expect(vm('late').is('pending'), 'it has no place yet');
    disk.health = 'well';
    await vm('late').converged();
    await web.ask('stop');
    await web.converged('stopped');
    disk.health = 'full';
    const isOver = (): boolean => [...world.history.tasks.values()].every(({ status }) => isFinished(status));
    world.expect(!isOver(), 'the task has not ended yet');
    await world.advance(10_000);
    disk.health = 'well';
    await world.until(isOver, 5_000, 'every task has ended');
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

export const adoptedStore = story(
  'adopted-store',
  'the store is lost and the node is to have unknown instances adopted: all come back as they were, nothing restarts',
  async (world, vm) => {
    const { medium } = world.control.disk;
    const blank = medium.backup();
    const web = await vm('web').running({ memory_mib: 256, disks: [{ name: 'data', size_gib: 1 }] });
    const off = await vm('off').running();
    const frozen = await vm('frozen').running();
    const gone = await vm('gone').running();
    const all = [web, off, frozen, gone];
    await web.ask('reboot');
    await off.ask('stop');
    await frozen.ask('pause');
    for (const [one, phase] of [[web, 'running'] as const, [off, 'stopped'] as const, [frozen, 'paused'] as const]) {
      await one.converged(phase);
    }
    const before = new Map(all.map((one) => [one, [one.uid, one.incarnation?.id, one.reading?.view.record] as const]));
    // One is deleted while its node is away: no offer of it may revive it.
    world.node().kill();
    await gone.remove();
    world.node().start();
    await world.until(() => gone.processes === 0, 60_000, 'what was deleted ends');
    await restartOn(world, () => medium.restore(blank));
    for (const [one, phase] of [[web, 'running'] as const, [off, 'stopped'] as const, [frozen, 'paused'] as const]) {
      await one.converged(phase);
      const [uid, id, record] = before.get(one) ?? [];
      const now = one.reading?.view.record;
      world.expect(now?.uid === uid, `${one.name} is who it was`);
      world.expect(phase === 'stopped' || one.incarnation?.id === id, `${one.name} was not restarted`);
      world.expect(now?.run === record?.run && now?.specHash === record?.specHash, `${one.name} is as it was declared`);
      world.expect((now?.generation ?? 0) > (record?.generation ?? 0), `the generation of ${one.name} only grows`);
    }
    world.expect(gone.reading === null, 'what was deleted is not adopted');
    world.expect(world.unassignedOn('node-1')?.length === 0, 'nothing is left unassigned');
    // They are managed again: they obey, and they can go.
    await off.ask('start');
    await off.converged();
    await frozen.ask('resume');
    await frozen.converged();
    await web.patch({ memory_mib: 512 }, { onRestart: 'restart' });
    await web.converged();
    await off.remove();
    await world.until(() => off.reading === null && off.processes === 0, 60_000, 'it is gone');
  },
  { agent: { unknownInstances: 'adopt' } },
);

export const adoptionRefused = story(
  'adoption-refused',
  'a name was taken before its first holder could be adopted: that one runs on unassigned, until the name is free',
  async (world, vm) => {
    const { medium } = world.control.disk;
    const blank = medium.backup();
    const web = await vm('web').running();
    const { uid } = web;
    const id = web.incarnation?.id;
    world.node().kill();
    await restartOn(world, () => medium.restore(blank));
    await web.create();
    world.node().start();
    const isTold = (): boolean => (world.unassignedOn('node-1') ?? []).includes(uid);
    await world.until(isTold, 60_000, 'it is told as unassigned');
    await web.converged();
    world.expect(web.reading?.view.record.uid !== uid, 'the name is that of the new one');
    world.expect(web.processes === 1, 'the first one runs on');
    await web.remove();
    await world.until(() => web.reading?.view.record.uid === uid, 120_000, 'it is adopted once its name is free');
    await web.converged();
    world.expect(web.incarnation?.id === id, 'it was never restarted');
  },
  { agent: { unknownInstances: 'adopt' } },
);
