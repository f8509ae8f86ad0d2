import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asUid } from '../../../core/kit/brand.ts';
import type { HeldImages } from '../../../ports/images.contract.ts';
import type { CachedImage, ImageRequest, Images } from '../../../ports/images.ts';
import type { Log } from '../../../ports/log.ts';
import { createSystemClock } from '../../host/system-clock.ts';
import { createImageCache } from '../image-cache.ts';
import type { ImageCacheConfig } from '../image-cache-config.ts';
import { TestServer } from './test-server.ts';

const silent = (): void => undefined;
export const silentLog: Log = { debug: silent, info: silent, warn: silent, error: silent, child: () => silentLog };

export interface CacheWorld extends AsyncDisposable {
  readonly root: string;
  /** The allowed image directory. */
  readonly imageDir: string;
  readonly cacheDir: string;
  readonly server: TestServer;
  readonly images: Images;
  open(config?: Partial<ImageCacheConfig>): Images;
  held(): Promise<HeldImages>;
  pins(): Promise<readonly string[]>;
  damage(sha256: string): Promise<void>;
  ensure(url: string, more?: Partial<ImageRequest>): Promise<CachedImage>;
}

/** A cache on a directory of its own, with an image directory beside it and a server on the loopback address. */
export async function aCacheWorld(config: Partial<ImageCacheConfig> = {}): Promise<CacheWorld> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-images-')));
  const [imageDir, cacheDir] = [join(root, 'allowed'), join(root, 'cache')];
  await mkdir(imageDir);
  const server = await new TestServer().listen();
  const open = (changes: Partial<ImageCacheConfig> = {}): Images =>
    createImageCache(
      { clock: createSystemClock(), log: silentLog },
      { dir: cacheDir, imageDirs: [imageDir], allowPrivate: true, ...config, ...changes },
    );
  const images = open();
  const list = async (name: string) => readdir(join(cacheDir, name));
  return {
    root,
    imageDir,
    cacheDir,
    server,
    images,
    open,
    held: async () => {
      const files = await list('sha256');
      const digests = files.filter((file) => !file.endsWith('.json'));
      assert.deepEqual(
        files.filter((file) => file.endsWith('.json')).sort(),
        digests.map((each) => `${each}.json`).sort(),
      );
      return { digests, temporaryFiles: (await list('tmp')).length };
    },
    pins: () => list('pins'),
    damage: async (sha256) => {
      const path = join(cacheDir, 'sha256', sha256);
      const bytes = await readFile(path);
      bytes[0] = (bytes[0] ?? 0) ^ 0xff;
      await chmod(path, 0o644);
      await writeFile(path, bytes);
    },
    ensure: (url, more = {}) =>
      images.ensure(
        { url, sha256: null, format: 'raw', pinnedBy: asUid('u-1'), ...more },
        () => undefined,
        new AbortController().signal,
      ),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
