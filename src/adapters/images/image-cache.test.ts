import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { asUid } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import { type HeldImages, imagesContract } from '../../ports/images.contract.ts';
import { aQcow2, digestOf, faultOf, someBytes } from '../../ports/testing/image-fixtures.ts';
import { openFileSource } from './file-source.ts';
import { parseImageUrl } from './image-url.ts';
import { aCacheWorld } from './testing/test-cache.ts';

const never = new AbortController().signal;
const noProgress = (): void => undefined;
const nothing: HeldImages = { digests: [], temporaryFiles: 0 };
const alice = asUid('u-1');

imagesContract('cache on disk', async () => {
  const world = await aCacheWorld();
  return {
    images: world.images,
    put: async (name, bytes) => world.server.put(name, bytes),
    remove: async (name) => world.server.remove(name),
    fetches: (name) => world.server.fetches(name),
    hold: (name) => world.server.hold(name),
    read: (path) => readFile(path),
    held: () => world.held(),
    damage: (sha256) => world.damage(sha256),
    reopen: async () => world.open(),
    close: async () => world[Symbol.asyncDispose](),
  };
});

it('a file URL below an image directory is copied; the copy is read-only, and no other user of the host gets at it', async () => {
  await using world = await aCacheWorld();
  const bytes = someBytes(1);
  const path = join(world.imageDir, 'a disk.raw');
  await writeFile(path, bytes);
  const image = await world.ensure(pathToFileURL(path).href);
  assert.equal(image.sha256, digestOf(bytes));
  assert.equal((await stat(image.path)).mode & 0o777, 0o444);
  for (const dir of ['.', 'sha256']) assert.equal((await stat(join(world.cacheDir, dir))).mode & 0o777, 0o700);
});

it('path traversal, symlinks out and files elsewhere are refused, in the same words whether they exist', async () => {
  await using world = await aCacheWorld();
  const secret = join(world.root, 'secret');
  await writeFile(secret, someBytes(2));
  await mkdir(join(world.root, 'allowed-not'));
  await writeFile(join(world.root, 'allowed-not', 'x'), someBytes(2));
  await symlink(secret, join(world.imageDir, 'link'));
  await symlink(world.root, join(world.imageDir, 'up'));
  await symlink('/etc/hostname', join(world.imageDir, 'host'));
  const base = pathToFileURL(world.imageDir).href;
  const urls = [
    `${base}/../secret`,
    `${base}/%2e%2e/secret`,
    `${base}/..%2fsecret`,
    `${base}/link`,
    `${base}/up/secret`,
    `${base}/host`,
    `${base}/a%00b`,
    `${base}-not/x`,
    'file:///etc/passwd',
    'file:///etc/there-is-no-such-file',
    'file://elsewhere/etc/passwd',
    'file:///proc/self/environ',
    'file:///',
  ];
  for (const url of urls) {
    const fault = await faultOf('image_unavailable', world.ensure(url));
    assert.ok(fault.message.includes(String(fault.details['url'])), fault.message);
    assert.ok(['outside_image_dirs', 'path', 'file_host'].includes(String(fault.details['reason'])), fault.message);
    const text = JSON.stringify([fault.message, fault.details]).replaceAll(new URL(url).href, 'URL');
    assert.ok(!text.includes(world.root), fault.message);
  }
  const [there, missing] = await Promise.all(
    urls.slice(8, 10).map((url) => faultOf('image_unavailable', world.ensure(url))),
  );
  assert.equal(there?.message.replaceAll('passwd', 'X'), missing?.message.replaceAll('there-is-no-such-file', 'X'));
  assert.deepEqual(await world.held(), nothing);
  assert.deepEqual(await world.pins(), []);
});

it('a symlink inside the image directories is followed', async () => {
  await using world = await aCacheWorld();
  await writeFile(join(world.imageDir, 'real'), someBytes(3));
  await symlink('real', join(world.imageDir, 'latest'));
  const image = await world.ensure(pathToFileURL(join(world.imageDir, 'latest')).href);
  assert.equal(image.sha256, digestOf(someBytes(3)));
});

it('missing files, directories and pipes are image_unavailable without waiting', async () => {
  await using world = await aCacheWorld();
  execFileSync('mkfifo', [join(world.imageDir, 'pipe')]);
  await mkdir(join(world.imageDir, 'dir'));
  for (const [name, reason] of [
    ['pipe', 'no_regular_file'],
    ['dir', 'no_regular_file'],
    ['none', 'missing'],
  ] as const) {
    const fault = await faultOf('image_unavailable', world.ensure(pathToFileURL(join(world.imageDir, name)).href));
    assert.equal(fault.details['reason'], reason);
  }
  assert.deepEqual(await world.held(), nothing);
});

it('an oversized image is refused by what the server says and by what it sends', async () => {
  await using world = await aCacheWorld({ maxBytes: 10_000 });
  world.server.handlers.set('endless', (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(4_096, 1)));
    };
    response.on('drain', more);
    more();
  });
  await writeFile(join(world.imageDir, 'big'), Buffer.alloc(10_240));
  for (const url of [
    world.server.put('big', new Uint8Array(10_240)),
    world.server.url('endless'),
    pathToFileURL(join(world.imageDir, 'big')).href,
  ]) {
    const fault = await faultOf('image_invalid', world.ensure(url));
    assert.equal(fault.details['reason'], 'too_large');
  }
  assert.deepEqual(await world.held(), nothing);
});

it('loopback and private addresses are refused by default, as names and in every spelling', async () => {
  await using world = await aCacheWorld({ allowPrivate: false });
  world.server.put('disk', someBytes(4));
  const hosts = ['127.0.0.1', 'localhost', '127.1', '0x7f000001', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '10.0.0.1'];
  for (const host of [...hosts, '169.254.169.254', '[fe80::1]', '[fd00::1]']) {
    const fault = await faultOf('image_unavailable', world.ensure(`http://${host}:${world.server.port}/disk`));
    assert.equal(fault.details['reason'], 'private_address', fault.message);
  }
  assert.equal(world.server.fetches('disk'), 0);
  assert.deepEqual(await world.held(), nothing);
});

it('a full disk is pool_full and leaves nothing behind', async () => {
  await using world = await aCacheWorld({ reserveBytes: Number.MAX_SAFE_INTEGER });
  await faultOf('pool_full', world.ensure(world.server.put('disk', someBytes(5))));
  assert.deepEqual(await world.held(), nothing);
});

it('a second URL is tried when the first one for the same digest fails', async () => {
  await using world = await aCacheWorld();
  const bytes = someBytes(6);
  const gate = Promise.withResolvers<void>();
  world.server.handlers.set('bad', (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write('half');
    void gate.promise.then(() => response.destroy());
  });
  const sha256 = digestOf(bytes);
  const ask = (url: string, uid: string) => {
    const moving = Promise.withResolvers<void>();
    const request = { url, sha256, format: 'raw', pinnedBy: asUid(uid) } as const;
    return { result: world.images.ensure(request, () => moving.resolve(), never), moving: moving.promise };
  };
  const first = ask(world.server.url('bad'), 'u-1');
  await first.moving;
  const second = ask(world.server.put('good', bytes), 'u-2');
  await second.moving;
  assert.equal(world.server.fetches('good'), 0, 'it waits for the download under way');
  gate.resolve();
  await faultOf('image_unavailable', first.result);
  assert.equal((await second.result).sha256, sha256);
  assert.deepEqual(await readdir(join(world.cacheDir, 'pins', sha256)), ['u-2']);
});

it('abandoned temporary files of dead owners are removed, those of live ones and foreign files are not', async () => {
  await using world = await aCacheWorld();
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).slice(0, 8);
  const init = (await readFile('/proc/1/stat', 'latin1')).split(') ')[1]?.split(' ')[19];
  const tmp = join(world.cacheDir, 'tmp');
  const dead = [`00000000-1-${init}-1.part`, `${boot}-1-999999999999-1.part`, `${boot}-4194999-1-1.part`];
  const live = [`${boot}-1-${init}-7.part`, 'notes.txt'];
  for (const name of [...dead, ...live]) await writeFile(join(tmp, name), 'x');
  await world.images.collect(never);
  assert.deepEqual((await readdir(tmp)).sort(), [...live].sort());
});

it('an entry whose times or mode changed is hashed again and kept when its bytes are right', async () => {
  await using world = await aCacheWorld();
  const image = await world.ensure(world.server.put('disk', aQcow2()), { format: 'qcow2' });
  await utimes(image.path, 1, 1);
  await chmod(image.path, 0o666);
  assert.deepEqual(await world.open().find(image.sha256), image);
  assert.equal((await stat(image.path)).mode & 0o777, 0o444);
});

it('an entry without metadata, cut off, or replaced by a link or directory is judged by its bytes', async () => {
  await using world = await aCacheWorld();
  const bytes = someBytes(7);
  const image = await world.ensure(world.server.put('disk', bytes));
  const { path, sha256 } = image;
  await rm(`${path}.json`);
  assert.equal((await world.images.find(sha256))?.format, 'blob');
  await writeFile(`${path}.json`, '{"version": 1');
  assert.equal((await world.images.find(sha256))?.sizeBytes, bytes.length);
  const again = async () => world.ensure(world.server.url('disk'), { sha256 });
  await chmod(path, 0o644);
  await writeFile(path, bytes.subarray(0, 512));
  assert.deepEqual(await again(), image);
  await rm(path);
  await writeFile(join(world.root, 'copy'), bytes);
  await symlink(join(world.root, 'copy'), path);
  assert.deepEqual(await again(), image);
  await rm(path);
  await mkdir(path);
  assert.deepEqual(await again(), image);
  assert.ok((await stat(path)).isFile());
  assert.equal(world.server.fetches('disk'), 4);
});

it('a download of bytes that are in the cache leaves the held file alone', async () => {
  await using world = await aCacheWorld();
  const url = world.server.put('disk', someBytes(8));
  const before = await stat((await world.ensure(url)).path);
  assert.equal((await stat((await world.ensure(url)).path)).ino, before.ino);
  assert.equal(world.server.fetches('disk'), 2);
});

it('the pin of a known digest is on disk before the download ends', async () => {
  await using world = await aCacheWorld();
  const url = world.server.put('disk', someBytes(9));
  const sha256 = digestOf(someBytes(9));
  const release = world.server.hold('disk');
  const moving = Promise.withResolvers<void>();
  const image = world.images.ensure({ url, sha256, format: 'raw', pinnedBy: alice }, () => moving.resolve(), never);
  await moving.promise;
  assert.deepEqual(await readdir(join(world.cacheDir, 'pins', sha256)), [alice]);
  release();
  await image;
});

it('runs of zeros become holes that read as zeros', async () => {
  await using world = await aCacheWorld();
  const bytes = new Uint8Array(8 * 1024 * 1024);
  bytes.set(someBytes(10, 512), 4 * 1024 * 1024);
  const path = join(world.imageDir, 'sparse');
  await writeFile(path, bytes);
  const image = await world.ensure(pathToFileURL(path).href);
  assert.equal(image.sha256, digestOf(bytes));
  assert.equal(digestOf(await readFile(image.path)), image.sha256);
  assert.ok((await stat(image.path)).blocks * 512 < bytes.length / 4);
});

it('never more downloads at once than allowed, and a waiting one can be aborted', async () => {
  await using world = await aCacheWorld({ maxDownloads: 1 });
  const [one, two] = [world.server.put('one', someBytes(11)), world.server.put('two', someBytes(12))];
  const release = world.server.hold('one');
  const moving = Promise.withResolvers<void>();
  const ask = (url: string, signal: AbortSignal) =>
    world.images.ensure({ url, sha256: null, format: 'raw', pinnedBy: alice }, () => moving.resolve(), signal);
  const first = ask(one, never);
  await moving.promise;
  const stop = new AbortController();
  const second = ask(two, stop.signal);
  const third = faultOf('image_unavailable', ask(two.replace('two', 'none'), never));
  stop.abort(new Fault('stopped', 'stopped'));
  await faultOf('stopped', second);
  release();
  await first;
  await third;
  assert.equal(world.server.fetches('two'), 0);
  assert.equal(
    (await world.images.ensure({ url: two, sha256: null, format: 'raw', pinnedBy: alice }, noProgress, never)).format,
    'raw',
  );
});

it('a cache directory that vanished gives a fault without host paths', async () => {
  await using world = await aCacheWorld();
  const url = world.server.put('disk', someBytes(13));
  await rm(world.cacheDir, { recursive: true });
  const faults = [
    await faultOf('image_unavailable', world.ensure(url)),
    await faultOf('image_unavailable', world.images.collect(never)),
  ];
  for (const fault of faults) {
    assert.ok(!JSON.stringify([fault.message, fault.details, fault.cause]).includes(world.root), fault.message);
  }
});

it('a real ENOSPC is pool_full, leaves nothing behind, and heals when there is room', async (test) => {
  await using world = await aCacheWorld({ reserveBytes: 0 });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', world.cacheDir]).status !== 0) {
    test.skip('mount is not permitted');
    return;
  }
  try {
    const images = world.open();
    const ask = (bytes: Uint8Array) =>
      images.ensure(
        { url: world.server.put('disk', bytes), sha256: digestOf(bytes), format: 'raw', pinnedBy: alice },
        noProgress,
        never,
      );
    const fault = await faultOf('pool_full', ask(someBytes(14, 1024 * 1024)));
    assert.equal(fault.retry, 'later');
    assert.deepEqual(await world.held(), nothing);
    assert.deepEqual(await world.pins(), []);
    assert.equal((await ask(someBytes(15, 1024))).sizeBytes, 1024);
  } finally {
    spawnSync('umount', [world.cacheDir]);
  }
});

it('a file that changes while it is copied is image_unavailable', async () => {
  await using world = await aCacheWorld();
  const path = join(world.imageDir, 'disk');
  await writeFile(path, someBytes(16));
  const source = await openFileSource(parseImageUrl(pathToFileURL(path).href), [world.imageDir]);
  try {
    assert.equal((await source.read())?.length, 200 * 512);
    await appendFile(path, 'more');
    await source.read();
    const fault = await faultOf('image_unavailable', source.read());
    assert.equal(fault.details['reason'], 'changed');
  } finally {
    await source.close();
  }
});

it('a download whose process is killed leaves a temporary file that the next life collects', async () => {
  await using world = await aCacheWorld();
  const url = world.server.put('disk', someBytes(17));
  const release = world.server.hold('disk');
  const script = `
    import { createImageCache } from ${JSON.stringify(new URL('./image-cache.ts', import.meta.url).href)};
    import { createSystemClock } from ${JSON.stringify(new URL('../host/system-clock.ts', import.meta.url).href)};
    const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
    const config = { dir: process.argv[1], imageDirs: [], allowPrivate: true };
    const images = createImageCache({ clock: createSystemClock(), log }, config);
    const request = { url: process.argv[2], sha256: null, format: 'raw', pinnedBy: 'u-1' };
    await images.ensure(request, () => process.stdout.write('moving'), new AbortController().signal);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, world.cacheDir, url]);
  await once(child.stdout, 'data');
  await world.images.collect(never);
  assert.equal((await world.held()).temporaryFiles, 1, 'its writer lives');
  child.kill('SIGKILL');
  await once(child, 'exit');
  release();
  await world.images.collect(never);
  assert.deepEqual(await world.held(), nothing);
});

for (const stated of [true, false]) {
  it(`a fetch that is given up leaves no pin, whenever that is, with ${stated ? 'a' : 'no'} stated digest`, async () => {
    await using world = await aCacheWorld();
    const bytes = someBytes(7);
    const url = world.server.put('disk', bytes);
    await world.images.ensure({ url, sha256: null, format: 'raw', pinnedBy: asUid('u-2') }, noProgress, never);
    const request = { url, sha256: stated ? digestOf(bytes) : null, format: 'raw', pinnedBy: alice } as const;
    for (let turns = 0; turns < 60; turns += 1) {
      const given = new AbortController();
      const fetch = world.images.ensure(request, noProgress, given.signal);
      const settled = Promise.allSettled([fetch]);
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      given.abort();
      const unpinned = world.images.unpin(alice, []);
      await Promise.all([settled, unpinned]);
      assert.deepEqual(await readdir(join(world.cacheDir, 'pins', digestOf(bytes))), ['u-2'], `after ${turns} turns`);
    }
  });
}
