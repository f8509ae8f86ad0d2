/** Changes whose artefacts are late, wrong, or never there: the guest before them goes on (ADR 14). */
import { imageDigest, imageUrls } from '../images.ts';
import { story } from './story.ts';

const [imageUrl, otherUrl] = imageUrls;
const consent = { onRestart: 'restart', allowReplace: true } as const;

export const unfetchedImage = story(
  'unfetched-image',
  'a new image is not there, has no room, is another than stated, while agents die: the guest goes on until it is right',
  async (world, vm) => {
    const { random, sources } = world;
    const web = await vm('web').running({ image_url: imageUrl, image_format: 'raw', stop: { grace_seconds: 5 } });
    await world.advance(5_000);
    const first = web.incarnation?.id;
    const madeAs = web.filesOn()?.root?.madeAs;
    const goesOn = () => web.incarnation?.id === first && web.incarnation?.state === 'running' && web.processes === 1;
    const expectUntouched = (when: string) =>
      world.expect(goesOn() && web.filesOn()?.root?.madeAs === madeAs, `${when}: the guest goes on`);

    sources.setMode(otherUrl, 'unavailable');
    await web.patch({ image_url: otherUrl }, consent);
    await web.until(() => web.reason === 'image_unavailable', 60_000, 'it is told');
    for (let round = 0; round < 3; round++) {
      await world.advance(random.between(1, 60_000));
      world.node().kill();
      world.node().start({ at: random.between(1, 40), how: 'after' });
      await world.advance(30_000);
      world.node().kill();
      world.node().start();
    }
    await world.advance(30_000);
    expectUntouched('without the image');
    await web.ask('pause');
    await web.until(() => web.incarnation?.state === 'paused', 30_000, 'a pause is obeyed meanwhile');
    await web.ask('resume');
    await web.until(goesOn, 30_000, 'and a resume');

    world.node().imageDisk.isFull = true;
    sources.setMode(otherUrl, 'serving');
    await web.until(() => web.reason === 'pool_full', 400_000, 'a full disk is told');
    expectUntouched('without room');

    sources.setMode(otherUrl, 'corrupting');
    await web.patch({ image_sha256: imageDigest(otherUrl) }, consent);
    world.node().imageDisk.isFull = false;
    await web.until(() => web.reason === 'checksum_mismatch', 60_000, 'a wrong image is told');
    sources.setMode(otherUrl, 'serving');
    await world.advance(600_000);
    expectUntouched('with a wrong image');
    world.expect(web.reason === 'checksum_mismatch', 'it waits for its user');
    await web.ask('start');
    await web.converged();
    world.expect(web.filesOn()?.root?.sha256 === imageDigest(otherUrl), 'the right image');
    world.expect(web.incarnation?.run === 3, 'start added no run');
  },
);

export const takenBackImage = story(
  'taken-back-image',
  'a change to an image that is not there is taken back: nothing is lost and nothing restarts, whether it was deferred or not',
  async (world, vm) => {
    const { random, sources } = world;
    const image = { image_url: imageUrl, image_format: 'raw' };
    const fields = { ...image, memory_mib: 128, memory_max_mib: 384, stop: { grace_seconds: 5 } };
    const asked = await vm('asked').running(fields);
    const deferred = await vm('deferred').running(fields);
    const both = [asked, deferred];
    await world.advance(5_000);
    const madeAs = both.map((each) => each.filesOn()?.root?.madeAs);
    const first = both.map(({ incarnation }) => incarnation?.id);
    sources.setMode(otherUrl, 'unavailable');
    await asked.patch({ image_url: otherUrl }, consent);
    await deferred.patch({ image_url: otherUrl, memory_max_mib: 512 }, { ...consent, onRestart: 'defer' });
    await asked.until(() => asked.reason === 'image_unavailable', 60_000, 'it is held up');
    await world.advance(random.between(1, 60_000));
    if (random.chance(0.5)) {
      world.node().kill();
      world.node().start();
    }
    await world.until(() => both.every((each) => each.is('running') || each.is('error')), 60_000, 'both are heard of');
    await world.advance(10_000);
    await asked.patch(image);
    await deferred.patch({ ...image, memory_max_mib: 384 });
    for (const each of both) await each.converged();
    world.expect(
      both.every((each, at) => each.filesOn()?.root?.madeAs === madeAs[at]),
      'the root disks are what they were',
    );
    world.expect(
      both.every(({ incarnation }, at) => incarnation?.id === first[at]),
      'no restart',
    );
    world.expect(asked.incarnation?.run === 2, 'as the run that was asked for');
  },
);

export const slowImage = story(
  'slow-image',
  'a new image comes slowly: the guest runs meanwhile, a stop or a deletion does not wait for it',
  async (world, vm) => {
    const fields = { image_url: imageUrl, image_format: 'raw', stop: { grace_seconds: 5 } };
    const all = ['kept', 'stopped', 'deleted', 'crashed'].map(vm);
    for (const each of all) await each.running(fields);
    const [kept, stopped, deleted, crashed] = all;
    if (kept === undefined || stopped === undefined || deleted === undefined || crashed === undefined) return;
    const first = kept.incarnation?.id;
    const release = world.sources.hold(otherUrl);
    for (const each of all) await each.patch({ image_url: otherUrl }, consent);
    const fetching = () => all.every(({ observed }) => observed?.waiting?.for === 'image_download');
    await world.until(fetching, 30_000, 'all fetch it');
    world.expect(
      all.every((each) => each.is('running')),
      'and run meanwhile',
    );
    await stopped.ask('stop');
    await deleted.remove();
    await stopped.until(() => stopped.isConverged('stopped'), 30_000, 'stopped');
    await deleted.until(() => deleted.reading === null, 30_000, 'deleted');
    for (const process of world.node().world.vmProcesses(crashed.uid)) {
      world.node().world.endProcess(process, { kind: 'signal', signal: 'SIGKILL' });
    }
    await crashed.until(() => crashed.is('starting'), 30_000, 'its end was seen at once');
    if (world.random.chance(0.5)) {
      world.node().kill();
      world.node().start();
      await world.advance(world.random.between(1, 20_000));
    }
    world.expect(kept.incarnation?.id === first && kept.processes === 1, 'the guest goes on');
    release();
    await kept.converged();
    await crashed.converged();
    for (const each of [kept, crashed]) {
      world.expect(each.filesOn()?.root?.sha256 === imageDigest(otherUrl), 'the new image');
      world.expect(each.incarnation?.run === 2, 'of the run that was ordered');
    }
  },
);
