/** Disks that a restored store does not know: nothing on them is lost to what it orders. */
import { imageUrls } from '../images.ts';
import { restartOn } from './stores.ts';
import { story } from './story.ts';

const aRoot = (url: string) => ({ image_url: url, image_format: 'raw' });

export const restoredImage = story(
  'restored-image',
  'the store is restored from before an image was replaced: the root disk is kept, a start refused until somebody says what is right',
  async (world, vm) => {
    const { medium } = world.control.disk;
    const [oldImage, newImage] = imageUrls;
    const web = await vm('web').running(aRoot(oldImage));
    const backup = medium.backup();
    await web.patch(aRoot(newImage), { allowReplace: true, onRestart: 'restart' });
    await web.until(() => web.incarnation?.run === 2, 60_000, 'it is replaced');
    await web.converged();
    const made = web.filesOn()?.root?.madeAs;
    const id = web.incarnation?.id;
    await restartOn(world, () => medium.restore(backup));
    await world.advance(60_000);
    world.expect(web.incarnation?.id === id && web.processes === 1, 'nothing restarts by itself');

    await web.ask('reboot');
    await world.advance(60_000);
    world.expect(web.incarnation?.id === id && web.processes === 1, 'no reboot that would be refused stops the guest');
    world.expect(web.reason === 'volume_unavailable', `it says why: ${web.reason}`);
    await web.ask('poweroff');
    await web.until(() => web.processes === 0, 60_000, 'its user may stop it');
    await web.ask('start');
    await web.until(() => web.reason === 'volume_unavailable', 60_000, 'a start is refused');
    world.node().kill();
    world.node().start();
    await world.advance(600_000);
    world.expect(web.filesOn()?.root?.madeAs === made, 'the root disk is what it was');

    const refusal = await web.refusedPatch({ image_url: newImage });
    world.expect(refusal === 'would_destroy_data', `who changes the image is asked: ${refusal}`);
    await web.patch({ image_url: newImage }, { allowReplace: true });
    await web.converged();
    world.expect(web.filesOn()?.root?.madeAs === made, 'the disk boots again with its own image');

    await web.patch({ image_url: oldImage }, { allowReplace: true, onRestart: 'restart' });
    await web.until(() => web.filesOn()?.root?.madeAs !== made, 120_000, 'and is made anew by whoever agrees to it');
    await web.converged();
  },
);

export const restoredDisks = story(
  'restored-disks',
  'the store is restored from before the VM was placed: it comes to its node again, and no disk made since is lost',
  async (world, vm) => {
    const { medium } = world.control.disk;
    world.node().kill();
    await world.advance(120_000);
    const web = vm('web');
    await web.create({ disks: [{ name: 'data', size_gib: 1 }] });
    await world.advance(5_000);
    const backup = medium.backup();
    world.node().start();
    await web.converged();
    await web.patch({
      disks: [
        { name: 'data', size_gib: 1 },
        { name: 'more', size_gib: 1 },
      ],
    });
    await web.until(() => web.filesOn()?.diskGib.has('more') === true, 60_000, 'a disk is added');
    await web.converged();
    const id = web.incarnation?.id;
    await restartOn(world, () => medium.restore(backup));
    await world.advance(60_000);
    world.expect(web.incarnation?.id === id && web.processes === 1, 'nothing restarts');
    await web.ask('reboot');
    await web.until(() => web.incarnation?.id !== id, 60_000, 'it is rebooted');
    await web.converged();
    world.expect(web.filesOn()?.diskGib.has('more') === true, 'the file of the disk that the store forgot is there');
    const both = ['data', 'more'].map((name) => ({ name, size_gib: 1 }));
    await web.patch({ disks: both }, { onRestart: 'restart' });
    await web.converged();
    await web.patch({ disks: both.slice(0, 1) }, { allowReplace: true, onRestart: 'restart' });
    await web.converged();
    world.expect(web.filesOn()?.diskGib.has('more') === false, 'it goes when its user agrees to it');
  },
);
