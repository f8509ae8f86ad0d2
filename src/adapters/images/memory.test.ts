import assert from 'node:assert/strict';
import { it } from 'node:test';
import { asUid } from '../../core/kit/brand.ts';
import type { Clock } from '../../ports/clock.ts';
import { imagesContract } from '../../ports/images.contract.ts';
import { digestOf, faultOf, someBytes } from '../../ports/testing/image-fixtures.ts';
import { createSystemClock } from '../host/system-clock.ts';
import { createMemoryImages } from './memory.ts';
import { MemoryImageDisk, MemoryImageSources } from './memory-world.ts';

const systemClock = createSystemClock();
const urlOf = (name: string): string => `https://images.test/${name}`;

imagesContract('memory', async () => {
  const sources = new MemoryImageSources();
  const disk = new MemoryImageDisk();
  const config = { sources, disk, chunkBytes: 32 * 1024 };
  return {
    images: createMemoryImages({ clock: systemClock }, config),
    put: async (name, bytes) => {
      sources.put(urlOf(name), bytes);
      return urlOf(name);
    },
    remove: async (name) => sources.remove(urlOf(name)),
    fetches: (name) => sources.fetches(urlOf(name)),
    hold: (name) => sources.hold(urlOf(name)),
    read: async (path) => disk.entries.get(path.split('/').at(-1) ?? '')?.bytes ?? assert.fail('no such entry'),
    held: async () => ({ digests: [...disk.entries.keys()], temporaryFiles: disk.temporary.size }),
    damage: async (sha256) => disk.damage(sha256),
    reopen: async () => createMemoryImages({ clock: systemClock }, config),
    close: async () => undefined,
  };
});

const request = { url: urlOf('disk'), sha256: null, format: 'raw', pinnedBy: asUid('u-1') } as const;
const noProgress = (): void => undefined;
const never = new AbortController().signal;

function aWorld(clock: Clock = systemClock) {
  const sources = new MemoryImageSources();
  sources.put(request.url, someBytes(1));
  const disk = new MemoryImageDisk();
  return {
    sources,
    disk,
    images: createMemoryImages({ clock }, { sources, disk, chunkBytes: 512, maxBytes: 1 << 20 }),
  };
}

it('a slow source takes the simulated time it was given and tells of progress at each chunk', async () => {
  let now = 0;
  const clock: Clock = {
    ...systemClock,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const { sources, images } = aWorld(clock);
  sources.slowDown(request.url, 100);
  let moves = 0;
  await images.ensure(request, () => moves++, never);
  assert.deepEqual([now, moves], [20_000, 200]);
});

it('a corrupting source gives bytes of another digest, an unavailable one none, and both heal', async () => {
  const { sources, disk, images } = aWorld();
  const exact = { ...request, sha256: digestOf(someBytes(1)) };
  sources.setMode(request.url, 'corrupting');
  await faultOf('checksum_mismatch', images.ensure(exact, noProgress, never));
  sources.setMode(request.url, 'unavailable');
  await faultOf('image_unavailable', images.ensure(exact, noProgress, never));
  assert.deepEqual([disk.entries.size, disk.temporary.size], [0, 0]);
  sources.setMode(request.url, 'serving');
  assert.equal((await images.ensure(exact, noProgress, never)).sha256, exact.sha256);
});

it('an image above the size limit is image_invalid', async () => {
  const { sources, images } = aWorld();
  sources.put(request.url, new Uint8Array((1 << 20) + 512));
  await faultOf('image_invalid', images.ensure(request, noProgress, never));
});

it('temporary files of a life that never settled are collected by the next one only', async () => {
  const stuck: Clock = { ...systemClock, sleep: () => Promise.withResolvers<void>().promise };
  const { sources, disk, images } = aWorld(stuck);
  sources.slowDown(request.url, 1);
  void images.ensure(request, noProgress, never);
  await images.collect(never);
  assert.equal(disk.temporary.size, 1);
  await createMemoryImages({ clock: systemClock }, { sources, disk }).collect(never);
  assert.equal(disk.temporary.size, 0);
});
