/** What changes of a declaration do, and do not do. */
import { changeImage, imageUrls } from '../images.ts';
import { granted, incarnationOf, readingOf, refusal, restAndCheck, uidOf, untilConverged } from './looks.ts';
import { create, patch, remove, verb } from './requests.ts';
import type { Scenario } from './scenario.ts';

const [imageUrl, otherUrl] = imageUrls;

export const mutableImage: Scenario = {
  name: 'mutable-image',
  about: 'the bytes under an image URL change: a VM keeps what it was first made from, a new one takes the new bytes',
  async run(world) {
    await world.boot();
    const node = world.node();
    await granted(world, create(world, 'first', { image_url: imageUrl, image_format: 'raw' }));
    await untilConverged(world, 'first');
    const sha256 = node.world.instances.get(uidOf(world, 'first'))?.root?.sha256;
    changeImage(world.sources, imageUrl, 9);
    await granted(world, verb(world, 'first', 'reboot'));
    await untilConverged(world, 'first');
    const root = node.world.instances.get(uidOf(world, 'first'))?.root;
    world.expect(root?.sha256 === sha256, 'a reboot re-makes nothing');
    await granted(world, create(world, 'second', { image_url: imageUrl, image_format: 'raw' }));
    await untilConverged(world, 'second');
    world.expect(
      node.world.instances.get(uidOf(world, 'second'))?.root?.sha256 !== sha256,
      'a new VM takes what is there',
    );
    // The cache is lost: the first bytes cannot be had again, and others are not taken for them.
    await granted(world, verb(world, 'first', 'stop'));
    await untilConverged(world, 'first', 'stopped');
    node.imageDisk.entries.clear();
    await granted(world, verb(world, 'first', 'start'));
    await world.until(
      () => readingOf(world, 'first')?.reason?.code === 'checksum_mismatch',
      60_000,
      'the digest was fixed',
    );
    world.expect(node.world.instances.get(uidOf(world, 'first'))?.root?.sha256 === sha256, 'the disk is untouched');
    await restAndCheck(world);
  },
};

export const replacedImage: Scenario = {
  name: 'replaced-image',
  about: 'another image is refused without allow_replace and re-makes the root disk with it; data disks are kept',
  async run(world) {
    await world.boot();
    const disks = [{ name: 'data', size_gib: 1 }];
    await granted(world, create(world, 'db', { image_url: imageUrl, image_format: 'raw', disks }));
    await untilConverged(world, 'db');
    await world.advance(5_000);
    const uid = uidOf(world, 'db');
    const files = () => world.node().world.instances.get(uid);
    const before = files()?.root?.madeAs;
    const wanted = { image_url: otherUrl };
    const restart = { onRestart: 'restart' as const };
    world.expect(
      (await refusal(world, patch(world, 'db', wanted, restart))) === 'would_destroy_data',
      'consent is asked',
    );
    await world.advance(20_000);
    world.expect(files()?.root?.madeAs === before && incarnationOf(world, 'db')?.run === 1, 'nothing was changed');
    await granted(world, patch(world, 'db', wanted, { ...restart, allowReplace: true }));
    await untilConverged(world, 'db');
    world.expect(files()?.root?.madeAs !== before, 'the root disk was re-made');
    world.expect(files()?.diskGib.has('data') === true, 'the data disk is kept');
    world.expect(incarnationOf(world, 'db')?.run === 2, 'a new run was needed');
    await restAndCheck(world);
  },
};

export const removedDisk: Scenario = {
  name: 'removed-disk',
  about:
    'a data disk is removed with consent while agents die: gone after the restart, and its name means another disk from then on',
  async run(world) {
    await world.boot();
    const disk = (name: string, size_gib: number) => ({ name, size_gib });
    await granted(
      world,
      create(world, 'db', { disks: [disk('data', 3), disk('kept', 1)], stop: { grace_seconds: 5 } }),
    );
    await untilConverged(world, 'db');
    await world.advance(5_000);
    const uid = uidOf(world, 'db');
    const files = () => Object.fromEntries(world.node().world.instances.get(uid)?.diskGib ?? []);
    const without = { disks: [disk('kept', 1)] };
    const restart = { onRestart: 'restart' as const };
    world.expect((await refusal(world, patch(world, 'db', without, restart))) === 'would_destroy_data', 'it is asked');
    await world.advance(20_000);
    world.expect(files()['data'] === 3 && incarnationOf(world, 'db')?.run === 1, 'nothing was changed');
    await granted(world, patch(world, 'db', without, { ...restart, allowReplace: true }));
    await world.advance(world.random.between(1, 3_000));
    world.node().kill();
    world
      .node()
      .start({ at: world.random.between(1, 40), how: 'after' })
      .onEnd(() => void world.node().start());
    await untilConverged(world, 'db');
    world.expect(files()['data'] === undefined && files()['kept'] === 1, 'it is gone, the other is kept');
    await granted(world, patch(world, 'db', { disks: [disk('kept', 1), disk('data', 1)] }, restart));
    await untilConverged(world, 'db');
    world.expect(files()['data'] === 1, 'a new one of the same name, and smaller');
    await restAndCheck(world);
  },
};

export const labelPatch: Scenario = {
  name: 'label-patch',
  about:
    'labels change: the revision grows, the generation does not, the guest and unfinished tasks notice nothing (S2)',
  async run(world) {
    await world.boot();
    await granted(world, create(world, 'web'));
    await untilConverged(world, 'web');
    await world.advance(5_000);
    await granted(world, verb(world, 'web', 'reboot'));
    const before = world.control.plane?.model.get('web');
    await granted(world, patch(world, 'web', { labels: { tier: 'front' } }));
    const after = world.control.plane?.model.get('web');
    world.expect(after?.record.generation === before?.record.generation, 'the generation is what it was');
    world.expect((after?.revision ?? 0) > (before?.revision ?? 0), 'the revision grew');
    world.expect(after?.record.labels['tier'] === 'front', 'the label is there at once (S1)');
    await untilConverged(world, 'web');
    await world.advance(5_000);
    const reboots = [...world.history.tasks.values()].filter(({ type }) => type === 'vm.reboot');
    world.expect(
      reboots.every(({ status }) => status === 'success'),
      'labels supersede nothing',
    );
    const calls = world.node().life?.calls;
    await granted(world, patch(world, 'web', { labels: { tier: 'back' } }));
    await world.advance(1_000);
    world.expect(world.node().life?.calls === calls, 'the node did not hear of it');
    await restAndCheck(world);
  },
};

export const deletion: Scenario = {
  name: 'deletion',
  about: 'VMs are deleted at once, gracefully, and while their node is away; nothing is left of them',
  nodes: () => 3,
  async run(world) {
    await world.boot();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) await granted(world, create(world, name, { stop: { grace_seconds: 5 } }));
    for (const name of names) await untilConverged(world, name);
    world.expect(
      world.nodes.every(({ processes }) => processes.size === 2),
      'three nodes share six VMs',
    );
    world.node(1).kill();
    for (const name of names) await granted(world, remove(world, name, { graceful: world.random.chance(0.5) }));
    await world.advance(60_000);
    world.expect(names.filter((name) => readingOf(world, name) !== null).length === 2, 'two wait for their node');
    world.node(1).start();
    await world.until(() => names.every((name) => readingOf(world, name) === null), 120_000, 'all are gone');
    for (const node of world.nodes) world.expect(node.processes.size === 0, `nothing runs on ${node.name}`);
    await restAndCheck(world);
  },
};
