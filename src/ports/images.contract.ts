/**
 * What every image cache keeps, real or simulated (spec §10). `imagesContract` registers the suite for one of them;
 * the world it opens serves bytes under URLs, and lets the suite look at what the cache holds.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { asUid } from '../core/kit/brand.ts';
import type { ImageRequest, Images } from './images.ts';
import { aQcow2, digestOf, faultOf, someBytes } from './testing/image-fixtures.ts';

export interface HeldImages {
  readonly digests: readonly string[];
  readonly temporaryFiles: number;
}

export interface ImagesWorld {
  readonly images: Images;
  /** Serves bytes under a name from now on; answers the URL, always the same for one name. */
  put(name: string, bytes: Uint8Array): Promise<string>;
  /** Nothing answers under the name any more. */
  remove(name: string): Promise<void>;
  /** Downloads of the name that were begun. */
  fetches(name: string): number;
  /** Downloads of the name stop half-way until the function it answers is called. */
  hold(name: string): () => void;
  /** The bytes of a path that `ensure` or `find` answered. */
  read(path: string): Promise<Uint8Array>;
  held(): Promise<HeldImages>;
  /** Changes a byte of an entry behind the cache's back. */
  damage(sha256: string): Promise<void>;
  /** The cache of the agent's next life on the same disk. */
  reopen(): Promise<Images>;
  close(): Promise<void>;
}

const alice = asUid('0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10');
const bob = asUid('0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c11');
const noProgress = (): void => undefined;
const never = new AbortController().signal;

const request = (url: string, sha256: string | null, more: Partial<ImageRequest> = {}): ImageRequest => ({
  url,
  sha256,
  format: 'raw',
  pinnedBy: alice,
  ...more,
});

/** Registers the suite. `open` makes an empty cache in a world of its own. */
export function imagesContract(name: string, open: () => Promise<ImagesWorld>): void {
  const inWorld = (title: string, body: (world: ImagesWorld) => Promise<void>): void => {
    it(title, async () => {
      const world = await open();
      try {
        await body(world);
      } finally {
        await world.close();
      }
    });
  };
  describe(`images contract: ${name}`, () => {
    fetching(inWorld);
    refusals(inWorld);
    badImages(inWorld);
    sharing(inWorld);
    pinning(inWorld);
    pinningModel(inWorld);
  });
}

type InWorld = (title: string, body: (world: ImagesWorld) => Promise<void>) => void;

const nothing: HeldImages = { digests: [], temporaryFiles: 0 };

function fetching(inWorld: InWorld): void {
  inWorld('ensure() answers a read-only copy with its digest and sizes and tells of progress', async (world) => {
    const bytes = someBytes(1);
    const url = await world.put('disk', bytes);
    const seen: { bytes: number; totalBytes: number | null }[] = [];
    const image = await world.images.ensure(request(url, null), (done) => seen.push(done), never);
    assert.deepEqual(
      { ...image, path: '' },
      {
        sha256: digestOf(bytes),
        sizeBytes: bytes.length,
        virtualSizeBytes: bytes.length,
        format: 'raw',
        path: '',
      },
    );
    assert.deepEqual(Buffer.from(await world.read(image.path)), Buffer.from(bytes));
    assert.deepEqual(seen.at(-1), { bytes: bytes.length, totalBytes: bytes.length });
    assert.deepEqual(await world.images.find(image.sha256), image);
    assert.deepEqual(await world.held(), { digests: [image.sha256], temporaryFiles: 0 });
  });

  inWorld('ensure() answers the virtual size of a qcow2 image from its header', async (world) => {
    const url = await world.put('disk', aQcow2({ virtualSizeBytes: 10_485_760n }));
    const image = await world.images.ensure(request(url, null, { format: 'qcow2' }), noProgress, never);
    assert.equal(image.virtualSizeBytes, 10_485_760);
    assert.equal((await world.images.find(image.sha256))?.virtualSizeBytes, 10_485_760);
  });

  inWorld('a digest that is in the cache is answered without a fetch, whatever became of its URL', async (world) => {
    const bytes = someBytes(2);
    const url = await world.put('disk', bytes);
    const first = await world.images.ensure(request(url, digestOf(bytes)), noProgress, never);
    await world.remove('disk');
    const again = await world.images.ensure(request(url, digestOf(bytes), { pinnedBy: bob }), noProgress, never);
    assert.deepEqual(again, first);
    assert.equal(world.fetches('disk'), 1);
  });

  inWorld('bytes that changed under a URL are taken without a digest and refused with the old one', async (world) => {
    const [before, after] = [someBytes(3), someBytes(4)];
    const url = await world.put('disk', before);
    const first = await world.images.ensure(request(url, null), noProgress, never);
    await world.put('disk', after);
    assert.equal((await world.images.ensure(request(url, first.sha256), noProgress, never)).sha256, digestOf(before));
    const second = await world.images.ensure(request(url, null), noProgress, never);
    assert.equal(second.sha256, digestOf(after));
    await world.images.unpin(alice, [second.sha256]);
    await world.images.collect(never);
    await faultOf('checksum_mismatch', world.images.ensure(request(url, first.sha256), noProgress, never));
    assert.deepEqual(await world.held(), { digests: [second.sha256], temporaryFiles: 0 });
  });

  inWorld('a damaged entry is dropped and fetched again', async (world) => {
    const bytes = someBytes(5);
    const url = await world.put('disk', bytes);
    await world.images.ensure(request(url, digestOf(bytes)), noProgress, never);
    await world.damage(digestOf(bytes));
    assert.equal(await world.images.find(digestOf(bytes)), undefined);
    const again = await world.images.ensure(request(url, digestOf(bytes)), noProgress, never);
    assert.deepEqual(Buffer.from(await world.read(again.path)), Buffer.from(bytes));
    assert.equal(world.fetches('disk'), 2);
  });

  inWorld('find() knows neither unknown digests nor texts that are none', async (world) => {
    assert.equal(await world.images.find(digestOf(someBytes(6))), undefined);
    for (const text of ['', '../../etc/passwd', 'ABCD', '..', '/']) {
      assert.equal(await world.images.find(text), undefined);
    }
  });
}

function refusals(inWorld: InWorld): void {
  inWorld('a wrong digest is checksum_mismatch with both digests, and leaves nothing behind', async (world) => {
    const bytes = someBytes(7);
    const url = await world.put('disk', bytes);
    const expected = digestOf(someBytes(8));
    const fault = await faultOf('checksum_mismatch', world.images.ensure(request(url, expected), noProgress, never));
    assert.deepEqual(fault.details, { url, expected, got: digestOf(bytes) });
    assert.equal(fault.retry, 'never');
    assert.deepEqual(await world.held(), nothing);
  });

  inWorld('a missing image is image_unavailable, to be tried again later, and leaves nothing behind', async (world) => {
    const url = await world.put('disk', someBytes(9));
    await world.remove('disk');
    const fault = await faultOf('image_unavailable', world.images.ensure(request(url, null), noProgress, never));
    assert.equal(fault.retry, 'later');
    assert.ok(fault.message.includes(url), fault.message);
    assert.deepEqual(await world.held(), nothing);
  });
}

function badImages(inWorld: InWorld): void {
  const bad: readonly (readonly [string, string, ImageRequest['format'], Uint8Array])[] = [
    ['a qcow2 image with a backing file', 'image_invalid', 'qcow2', aQcow2({ backingFile: '/etc/shadow' })],
    ['a qcow2 image with an external data file', 'image_invalid', 'qcow2', aQcow2({ incompatible: 4n })],
    ['a qcow2 image cut off inside its header', 'image_invalid', 'qcow2', aQcow2().subarray(0, 60)],
    ['a qcow2 image cut off before its tables', 'image_invalid', 'qcow2', aQcow2().subarray(0, 3 * 65_536)],
    ['a qcow2 image cut off before its data', 'image_invalid', 'qcow2', aQcow2().subarray(0, 5 * 65_536)],
    ['a qcow2 image of an insane virtual size', 'image_invalid', 'qcow2', aQcow2({ virtualSizeBytes: 1n << 62n })],
    ['an encrypted qcow2 image', 'unsupported_format', 'qcow2', aQcow2({ encryption: 2 })],
    ['a file stated as qcow2 that is none', 'unsupported_format', 'qcow2', someBytes(10)],
    ['a file stated as raw that is qcow2', 'unsupported_format', 'raw', aQcow2()],
    ['a raw image that is no multiple of 512 bytes', 'image_invalid', 'raw', someBytes(11, 1_000)],
    ['an empty kernel', 'image_invalid', 'blob', new Uint8Array(0)],
  ];
  for (const [what, code, format, bytes] of bad) {
    inWorld(`${what} is ${code}, and leaves nothing behind`, async (world) => {
      const url = await world.put('disk', bytes);
      for (const sha256 of [null, digestOf(bytes)]) {
        const fault = await faultOf(code, world.images.ensure(request(url, sha256, { format }), noProgress, never));
        assert.equal(fault.retry, 'never');
        assert.ok(fault.message.includes(url), fault.message);
      }
      await world.images.collect(never);
      assert.deepEqual(await world.held(), nothing);
    });
  }

  inWorld('an entry is checked again for each format it is asked for', async (world) => {
    const bytes = aQcow2();
    const url = await world.put('disk', bytes);
    const sha256 = digestOf(bytes);
    await world.images.ensure(request(url, sha256, { format: 'blob' }), noProgress, never);
    await faultOf('unsupported_format', world.images.ensure(request(url, sha256), noProgress, never));
    const image = await world.images.ensure(request(url, sha256, { format: 'qcow2' }), noProgress, never);
    assert.equal(image.virtualSizeBytes, 1_048_576);
    assert.equal(world.fetches('disk'), 1);
  });

  inWorld('only file, http and https URLs are taken, even for a digest in the cache', async (world) => {
    const bytes = someBytes(12);
    const held = await world.images.ensure(request(await world.put('disk', bytes), null), noProgress, never);
    for (const url of [
      '/etc/shadow',
      'disk.raw',
      '',
      'ftp://host/x',
      'data:,x',
      'nbd://host',
      'javascript:1',
      'http://',
    ]) {
      for (const sha256 of [null, held.sha256]) {
        await faultOf('unsupported_format', world.images.ensure(request(url, sha256), noProgress, never));
      }
    }
  });

  inWorld('a digest that is none is refused before anything is fetched', async (world) => {
    const url = await world.put('disk', someBytes(13));
    for (const sha256 of ['', 'abc', '../../../../etc/passwd', digestOf(someBytes(13)).toUpperCase()]) {
      await faultOf('image_invalid', world.images.ensure(request(url, sha256), noProgress, never));
    }
    assert.equal(world.fetches('disk'), 0);
  });
}

/** Starts an `ensure` and answers it once its download moves. */
async function started(images: Images, asked: ImageRequest, signal: AbortSignal) {
  const moving = Promise.withResolvers<void>();
  const result = images.ensure(asked, () => moving.resolve(), signal);
  await Promise.race([moving.promise, result]);
  return { result };
}

function sharing(inWorld: InWorld): void {
  for (const digest of ['with', 'without'] as const) {
    inWorld(`concurrent requests ${digest} a digest share one download`, async (world) => {
      const bytes = someBytes(14);
      const url = await world.put('disk', bytes);
      const sha256 = digest === 'with' ? digestOf(bytes) : null;
      const release = world.hold('disk');
      const first = await started(world.images, request(url, sha256), never);
      const others = Array.from({ length: 5 }, () =>
        world.images.ensure(request(url, sha256, { pinnedBy: bob }), noProgress, never),
      );
      release();
      const images = await Promise.all([first.result, ...others]);
      assert.equal(new Set(images.map((image) => image.path)).size, 1);
      assert.equal(world.fetches('disk'), 1);
    });
  }

  inWorld('one abort leaves the download to the others, and rejects with its reason', async (world) => {
    const url = await world.put('disk', someBytes(15));
    const release = world.hold('disk');
    const impatient = new AbortController();
    const first = await started(world.images, request(url, null), impatient.signal);
    const second = await started(world.images, request(url, null, { pinnedBy: bob }), never);
    impatient.abort(new Error('changed my mind'));
    await assert.rejects(first.result, /changed my mind/);
    release();
    assert.equal((await second.result).sha256, digestOf(someBytes(15)));
    assert.equal(world.fetches('disk'), 1);
  });

  inWorld('the last abort ends the download and leaves nothing behind', async (world) => {
    const url = await world.put('disk', someBytes(16));
    const release = world.hold('disk');
    const stop = new AbortController();
    const first = await started(world.images, request(url, null), stop.signal);
    stop.abort(new Error('stopped'));
    await assert.rejects(first.result, /stopped/);
    assert.deepEqual(await world.held(), nothing);
    release();
    assert.equal((await world.images.ensure(request(url, null), noProgress, never)).sizeBytes, 200 * 512);
    assert.equal(world.fetches('disk'), 2);
  });

  inWorld('an aborted signal starts nothing', async (world) => {
    const url = await world.put('disk', someBytes(17));
    const aborted = AbortSignal.abort(new Error('too late'));
    await assert.rejects(world.images.ensure(request(url, null), noProgress, aborted), /too late/);
    assert.equal(world.fetches('disk'), 0);
  });

  inWorld('collect() spares a download under way', async (world) => {
    const url = await world.put('disk', someBytes(18));
    const release = world.hold('disk');
    const first = await started(world.images, request(url, null), never);
    await world.images.collect(never);
    assert.equal((await world.held()).temporaryFiles, 1);
    release();
    const image = await first.result;
    await world.images.collect(never);
    assert.deepEqual((await world.held()).digests, [image.sha256]);
  });
}

function pinning(inWorld: InWorld): void {
  inWorld('collect() removes what no instance pins and nothing else, in this life and the next', async (world) => {
    const [one, two] = [someBytes(19), someBytes(20)];
    const urls = [await world.put('one', one), await world.put('two', two)] as const;
    await world.images.ensure(request(urls[0], null), noProgress, never);
    await world.images.ensure(request(urls[0], null, { pinnedBy: bob }), noProgress, never);
    await world.images.ensure(request(urls[1], null), noProgress, never);
    await world.images.unpin(alice, [digestOf(two)]);
    const next = await world.reopen();
    await next.collect(never);
    assert.deepEqual([...(await world.held()).digests].sort(), [digestOf(one), digestOf(two)].sort());
    await next.unpin(bob, []);
    await next.collect(never);
    assert.deepEqual((await world.held()).digests, [digestOf(two)]);
    await next.unpin(alice, []);
    await (await world.reopen()).collect(never);
    assert.deepEqual(await world.held(), nothing);
  });

  inWorld('an unpinned entry stays until it is collected', async (world) => {
    const bytes = someBytes(21);
    const url = await world.put('disk', bytes);
    await world.images.ensure(request(url, null), noProgress, never);
    await world.images.unpin(alice, []);
    assert.equal((await world.images.find(digestOf(bytes)))?.sha256, digestOf(bytes));
    await world.images.ensure(request(url, digestOf(bytes)), noProgress, never);
    await world.images.collect(never);
    assert.deepEqual((await world.held()).digests, [digestOf(bytes)]);
    assert.equal(world.fetches('disk'), 1);
  });

  inWorld('a failed ensure() neither pins nor takes away the pin an earlier one made', async (world) => {
    const bytes = aQcow2();
    const url = await world.put('disk', bytes);
    const sha256 = digestOf(bytes);
    await world.images.ensure(request(url, sha256, { format: 'qcow2' }), noProgress, never);
    for (const pinnedBy of [alice, bob]) {
      await faultOf('unsupported_format', world.images.ensure(request(url, sha256, { pinnedBy }), noProgress, never));
    }
    await world.images.collect(never);
    assert.deepEqual((await world.held()).digests, [sha256]);
    await world.images.unpin(alice, []);
    await world.images.collect(never);
    assert.deepEqual(await world.held(), nothing);
  });
}

function pinningModel(inWorld: InWorld): void {
  inWorld(
    'whatever is done in whatever order, pinned images are there and collected ones were not pinned',
    async (world) => {
      const names = ['zero', 'one', 'two'] as const;
      const bytes = names.map((_name, index) => someBytes(30 + index, 1_024));
      const urls = await Promise.all(names.map((name, index) => world.put(name, bytes[index] ?? assert.fail())));
      const which = fc.nat(names.length - 1);
      const who = fc.constantFrom(alice, bob);
      const operation = fc.oneof(
        fc.record({ do: fc.constant('ensure' as const), which, who, exact: fc.boolean() }),
        fc.record({ do: fc.constant('unpin' as const), who, keep: fc.array(which, { maxLength: 2 }) }),
        fc.constant({ do: 'collect' as const }),
        fc.constant({ do: 'reopen' as const }),
      );
      let images = world.images;
      const pins = new Set<string>();
      const digests = bytes.map(digestOf);
      const isPinned = (sha256: string): boolean => [alice, bob].some((uid) => pins.has(`${sha256} ${uid}`));
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (operations) => {
          for (const step of operations) {
            if (step.do === 'ensure') {
              const sha256 = digests[step.which] ?? assert.fail();
              const url = urls[step.which] ?? assert.fail();
              await images.ensure(request(url, step.exact ? sha256 : null, { pinnedBy: step.who }), noProgress, never);
              pins.add(`${sha256} ${step.who}`);
            } else if (step.do === 'unpin') {
              const keep = step.keep.map((index) => digests[index] ?? assert.fail());
              await images.unpin(step.who, keep);
              for (const sha256 of digests) if (!keep.includes(sha256)) pins.delete(`${sha256} ${step.who}`);
            } else if (step.do === 'collect') {
              await images.collect(never);
              assert.deepEqual([...(await world.held()).digests].sort(), digests.filter(isPinned).sort());
            } else {
              images = await world.reopen();
            }
            for (const sha256 of digests.filter(isPinned)) assert.equal((await images.find(sha256))?.sha256, sha256);
          }
        }),
        { numRuns: 15 },
      );
    },
  );
}
