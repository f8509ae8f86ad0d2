/** What changes of a declaration do, and do not do. */
import { changeImage, imageUrls } from '../images.ts';
import { story } from './story.ts';

const [imageUrl, otherUrl] = imageUrls;

export const mutableImage = story(
  'mutable-image',
  'the bytes under an image URL change: a VM keeps what it was first made from, a new one takes the new bytes',
  async (world, vm) => {
    const image = { image_url: imageUrl, image_format: 'raw' };
    const first = await vm('first').running(image);
    const sha256 = first.filesOn()?.root?.sha256;
    changeImage(world.sources, imageUrl, 9);
    await first.ask('reboot');
    await first.converged();
    world.expect(first.filesOn()?.root?.sha256 === sha256, 'a reboot re-makes nothing');
    const second = await vm('second').running(image);
    world.expect(second.filesOn()?.root?.sha256 !== sha256, 'a new VM takes what is there');
    // The cache is lost: the first bytes cannot be had again, and others are not taken for them.
    await first.ask('stop');
    await first.converged('stopped');
    world.node().imageDisk.entries.clear();
    await first.ask('start');
    await first.until(() => first.reason === 'checksum_mismatch', 60_000, 'the digest was fixed');
    world.expect(first.filesOn()?.root?.sha256 === sha256, 'the disk is untouched');
  },
);

export const replacedImage = story(
  'replaced-image',
  'another image is refused without allow_replace and re-makes the root disk with it; data disks are kept',
  async (world, vm) => {
    const disks = [{ name: 'data', size_gib: 1 }];
    const db = await vm('db').running({ image_url: imageUrl, image_format: 'raw', disks });
    await world.advance(5_000);
    const { uid } = db;
    const before = db.filesOn()?.root?.madeAs;
    const wanted = { image_url: otherUrl };
    const restart = { onRestart: 'restart' as const };
    world.expect((await db.refusedPatch(wanted, restart)) === 'would_destroy_data', 'consent is asked');
    await world.advance(20_000);
    world.expect(db.filesOn()?.root?.madeAs === before && db.incarnation?.run === 1, 'nothing was changed');
    await db.patch(wanted, { ...restart, allowReplace: true });
    await db.converged();
    world.expect(db.filesOn()?.root?.madeAs !== before, 'the root disk was re-made');
    world.expect(db.filesOn()?.diskGib.has('data') === true, 'the data disk is kept');
    world.expect(db.reading?.view.record.uid === uid, 'the uid is kept');
    world.expect(db.incarnation?.run === 2, 'a new run was needed');
  },
);

export const removedDisk = story(
  'removed-disk',
  'a data disk is removed with consent while agents die: gone after the restart, its name means another disk from then on',
  async (world, vm) => {
    const disk = (name: string, size_gib: number) => ({ name, size_gib });
    const db = await vm('db').running({ disks: [disk('data', 3), disk('kept', 1)], stop: { grace_seconds: 5 } });
    await world.advance(5_000);
    const sizes = () => Object.fromEntries(db.filesOn()?.diskGib ?? []);
    const without = { disks: [disk('kept', 1)] };
    const restart = { onRestart: 'restart' as const };
    world.expect((await db.refusedPatch(without, restart)) === 'would_destroy_data', 'consent is asked');
    await world.advance(20_000);
    world.expect(sizes()['data'] === 3 && db.incarnation?.run === 1, 'nothing was changed');
    await db.patch(without, { ...restart, allowReplace: true });
    await world.advance(world.random.between(1, 3_000));
    const node = world.node();
    node.kill();
    node.start({ at: world.random.between(1, 40), how: 'after' }).onEnd(() => void node.start());
    await db.converged();
    world.expect(sizes()['data'] === undefined && sizes()['kept'] === 1, 'it is gone, the other is kept');
    await db.patch({ disks: [disk('kept', 1), disk('data', 1)] }, restart);
    await db.converged();
    world.expect(sizes()['data'] === 1, 'a new one of the same name, and smaller');
  },
);

export const labelPatch = story(
  'label-patch',
  'labels change: the revision grows, the generation does not, the guest and unfinished tasks notice nothing (S2)',
  async (world, vm) => {
    const web = await vm('web').running();
    await world.advance(5_000);
    await web.ask('reboot');
    const stored = () => world.control.plane?.model.get('web');
    const before = stored();
    await web.patch({ labels: { tier: 'front' } });
    const after = stored();
    world.expect(after?.record.generation === before?.record.generation, 'the generation is what it was');
    world.expect((after?.revision ?? 0) > (before?.revision ?? 0), 'the revision grew');
    world.expect(after?.record.labels['tier'] === 'front', 'the label is there at once (S1)');
    await web.converged();
    await world.advance(5_000);
    const reboots = [...world.history.tasks.values()].filter(({ type }) => type === 'vm.reboot');
    world.expect(reboots.length === 1 && reboots[0]?.status === 'success', 'labels supersede nothing');
    const calls = world.node().life?.calls;
    await web.patch({ labels: { tier: 'back' } });
    await world.advance(1_000);
    world.expect(world.node().life?.calls === calls, 'the node did not hear of it');
  },
);

export const deletion = story(
  'deletion',
  'VMs are deleted at once, gracefully, and while their node is away; nothing is left of them',
  async (world, vm) => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map(vm);
    for (const each of all) await each.create({ stop: { grace_seconds: 5 } });
    for (const each of all) await each.converged();
    world.expect(
      world.nodes.every(({ processes }) => processes.size === 2),
      'three nodes share six VMs',
    );
    world.node(1).kill();
    for (const each of all) await each.remove({ graceful: world.random.chance(0.5) });
    await world.advance(60_000);
    world.expect(all.filter(({ reading }) => reading !== null).length === 2, 'two wait for their node');
    world.node(1).start();
    await world.until(() => all.every(({ reading }) => reading === null), 120_000, 'all are gone');
    for (const node of world.nodes) world.expect(node.processes.size === 0, `nothing runs on ${node.name}`);
  },
  { nodes: () => 3 },
);
