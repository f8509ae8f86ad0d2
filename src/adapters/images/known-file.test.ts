import assert from 'node:assert/strict';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { asUid } from '../../core/kit/brand.ts';
import type { ImageProgress, Images } from '../../ports/images.ts';
import { digestOf, someBytes } from '../../ports/testing/image-fixtures.ts';
import { createSystemClock } from '../host/system-clock.ts';
import { createImageCache } from './image-cache.ts';
import { aCacheWorld, silentLog } from './testing/test-cache.ts';

const never = new AbortController().signal;
const systemClock = createSystemClock();
/** Files that were just written are settled by this clock. */
const laterClock = { ...systemClock, now: () => systemClock.now() + 10_000 };

/** Ensures the file; tells the digest and whether bytes of the source were read for it. */
async function ensure(images: Images, path: string): Promise<{ readonly sha256: string; readonly read: boolean }> {
  let read = false;
  const onProgress: ImageProgress = () => {
    read = true;
  };
  const request = { url: pathToFileURL(path).href, sha256: null, format: 'raw' as const, pinnedBy: asUid('u-1') };
  const { sha256 } = await images.ensure(request, onProgress, never);
  return { sha256, read };
}

it('a file that is still the same is read once; one that changed is read again, whatever its size and time say (spec §10)', async () => {
  await using world = await aCacheWorld();
  const config = { dir: world.cacheDir, imageDirs: [world.imageDir], allowPrivate: false };
  const images = createImageCache({ clock: laterClock, log: silentLog }, config);
  const path = join(world.imageDir, 'disk.raw');
  const [first, second] = [someBytes(1), someBytes(2)];
  await writeFile(path, first);
  const { atime, mtime } = await stat(path);
  assert.deepEqual(await ensure(images, path), { sha256: digestOf(first), read: true });
  assert.deepEqual(await ensure(images, path), { sha256: digestOf(first), read: false });

  assert.equal(second.length, first.length);
  await writeFile(path, second);
  await utimes(path, atime, mtime);
  assert.deepEqual(await ensure(images, path), { sha256: digestOf(second), read: true });
});

it('a file that changed shortly before it was read is read again: it may change without another time stamp', async () => {
  await using world = await aCacheWorld();
  const path = join(world.imageDir, 'disk.raw');
  await writeFile(path, someBytes(1));
  const { ctimeMs } = await stat(path);
  // However long this process has to wait until it reads.
  const clock = { ...systemClock, now: () => ctimeMs + 1_000 };
  const config = { dir: world.cacheDir, imageDirs: [world.imageDir], allowPrivate: false };
  const images = createImageCache({ clock, log: silentLog }, config);
  assert.equal((await ensure(images, path)).read, true);
  assert.equal((await ensure(images, path)).read, true);
});

it('a known file whose copy was lost or damaged is read again', async () => {
  await using world = await aCacheWorld();
  const config = { dir: world.cacheDir, imageDirs: [world.imageDir], allowPrivate: false };
  const images = createImageCache({ clock: laterClock, log: silentLog }, config);
  const path = join(world.imageDir, 'disk.raw');
  const bytes = someBytes(1);
  await writeFile(path, bytes);
  const { sha256 } = await ensure(images, path);
  const copy = join(world.cacheDir, 'sha256', sha256);
  await rm(copy);
  assert.equal((await ensure(images, path)).read, true);
  await world.damage(sha256);
  await ensure(images, path);
  assert.deepEqual(await readFile(copy), Buffer.from(bytes));
});
