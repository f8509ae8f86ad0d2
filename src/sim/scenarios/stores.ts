/** Stores that lose their memory: nothing that runs may be destroyed by it. */
import { granted, incarnationOf, processesOf, readingOf, restAndCheck, uidOf, untilConverged } from './looks.ts';
import { create, patch, remove, verb } from './requests.ts';
import type { Scenario } from './scenario.ts';

export const restoredStore: Scenario = {
  name: 'restored-store',
  about: 'the store is restored from an older backup: generations are raised, nothing restarts, nothing is destroyed',
  async run(world) {
    await world.boot();
    const { control, users } = world;
    await granted(world, create(world, 'old'));
    await untilConverged(world, 'old');
    const backup = control.disk.medium.backup();
    await granted(world, verb(world, 'old', 'reboot'));
    await untilConverged(world, 'old');
    await granted(world, patch(world, 'old', { restart_policy: 'always' }));
    await granted(world, create(world, 'young'));
    await untilConverged(world, 'young');
    const [old, young] = [uidOf(world, 'old'), uidOf(world, 'young')];
    const before = incarnationOf(world, 'old');
    control.kill();
    control.disk.medium.restore(backup);
    world.history.forget();
    // Restoring an older backup takes back what was acknowledged since: that is what it means.
    users.acknowledged.length = 0;
    control.start();
    await world.until(() => control.isUp, 5_000, 'the control plane is up on the restored store');
    await world.advance(30_000);
    await untilConverged(world, 'old');
    const after = incarnationOf(world, 'old');
    world.expect(after?.id === before?.id && after?.run === 2, 'nothing restarted because of a restore');
    const generation = readingOf(world, 'old')?.view.record.generation ?? 0;
    world.expect(generation > 3, `the generation was raised above the highest that the node reported: ${generation}`);
    world.expect(processesOf(world, young) === 1, 'absence never destroys: the younger VM runs on, unassigned');
    world.expect(processesOf(world, old) === 1, 'one process of the old one');
    await granted(world, verb(world, 'old', 'stop'));
    await untilConverged(world, 'old', 'stopped');
    await granted(world, remove(world, 'old'));
    world.unowned.add(young);
    await restAndCheck(world);
  },
};

export const emptyStore: Scenario = {
  name: 'empty-store',
  about: 'an empty store is given to a node that runs VMs: of another cluster, then of the same; nothing is destroyed',
  async run(world) {
    await world.boot();
    const { control, users, loopback } = world;
    const blank = control.disk.medium.backup();
    await granted(world, create(world, 'web'));
    await untilConverged(world, 'web');
    const uid = uidOf(world, 'web');
    const id = incarnationOf(world, 'web')?.id;
    const restartOn = async (prepare: () => void): Promise<void> => {
      control.kill();
      prepare();
      world.history.forget();
      users.acknowledged.length = 0;
      control.start();
      await world.until(() => control.isUp, 5_000, 'the control plane is up');
      await world.advance(120_000);
      world.expect(processesOf(world, uid) === 1, 'the VM runs on');
      world.expect(world.node().recordOf(uid)?.incarnation?.id === id, 'it is the same incarnation');
    };
    await restartOn(() => control.disk.wipe());
    world.expect(loopback.breakConnections('looking') === 0, 'the node refuses another cluster');
    await restartOn(() => control.disk.medium.restore(blank));
    await world.until(
      () => (world.unassignedOn('node-1') ?? []).includes(uid),
      60_000,
      'the VM nobody assigned is reported as unassigned',
    );
    // The agent restarts and finds the same.
    world.node().kill();
    world.node().start();
    await world.advance(60_000);
    world.expect(processesOf(world, uid) === 1, 'an agent that starts anew destroys nothing either');
    world.unowned.add(uid);
    await restAndCheck(world);
  },
};
