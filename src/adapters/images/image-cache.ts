/**
 * The image cache of a node (spec §10, §12).
 *
 *   DIR/sha256/DIGEST        the image, read-only, with DIGEST.json beside it (entry-store)
 *   DIR/pins/DIGEST/UID      an instance needs it (pin-book)
 *   DIR/tmp/OWNER-N.part     copies under way (temp-files)
 *
 * `ensure` in order: URL and digest judged → pinned, where the digest is known → one flight per digest or URL: cache
 * looked up (a file that is still the same counts as known), else copied to a temporary file while hashing, digest
 * compared, header checked on the copy, synced and renamed in → pinned, where the digest was not known → still there?
 * `collect` and the last step exclude each other per digest, so an entry that was handed out is pinned. One process at
 * a time uses a directory: the agent locks its data directory.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Uid } from '../../core/kit/brand.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CachedImage, ImageProgress, ImageRequest, Images } from '../../ports/images.ts';
import type { Log } from '../../ports/log.ts';
import { checkFormat, readerOf } from './check-format.ts';
import { type Entry, EntryStore } from './entry-store.ts';
import { type ImageCacheConfig, imageCacheDefaults } from './image-cache-config.ts';
import { imageUnavailable, malformedDigest, storageFault } from './image-faults.ts';
import { ImageFetcher, type ProvenCopy } from './image-fetcher.ts';
import { type ImageUrl, isDigest, parseImageUrl } from './image-url.ts';
import { KeyedLock } from './keyed-lock.ts';
import { PinBook } from './pin-book.ts';
import { PinClaims } from './pin-claims.ts';
import { SingleFlight } from './single-flight.ts';
import { Slots } from './slots.ts';
import { type TempFile, TempFiles } from './temp-files.ts';

/** Only a rare race collects an entry between its commit and its pin; several times in a row is a bug. */
const MAX_TRIES = 3;

/** Opens the cache in `config.dir`, making the directory where it is missing. */
export function createImageCache(deps: { readonly clock: Clock; readonly log: Log }, config: ImageCacheConfig): Images {
  const dir = resolve(config.dir);
  for (const name of ['', 'sha256', 'pins', 'tmp']) {
    mkdirSync(join(dir, name), { recursive: true });
    chmodSync(join(dir, name), 0o700);
  }
  return new ImageCache(deps, { ...imageCacheDefaults, ...config, dir });
}

class ImageCache implements Images {
  readonly #log: Log;
  readonly #config: ImageCacheConfig & typeof imageCacheDefaults;
  readonly #temps: TempFiles;
  readonly #entries: EntryStore;
  readonly #pins: PinClaims;
  readonly #flights: SingleFlight<Entry>;
  readonly #fetcher: ImageFetcher;
  readonly #locks = new KeyedLock();
  readonly #downloads: Slots;

  constructor(
    deps: { readonly clock: Clock; readonly log: Log },
    config: ImageCacheConfig & typeof imageCacheDefaults,
  ) {
    this.#log = deps.log;
    this.#config = config;
    this.#temps = new TempFiles(join(config.dir, 'tmp'));
    this.#entries = new EntryStore({ temps: this.#temps, log: deps.log }, join(config.dir, 'sha256'));
    this.#pins = new PinClaims(new PinBook(join(config.dir, 'pins')));
    this.#fetcher = new ImageFetcher({ clock: deps.clock, temps: this.#temps }, config);
    this.#flights = new SingleFlight(deps.clock);
    this.#downloads = new Slots(config.maxDownloads);
  }

  async ensure(request: ImageRequest, onProgress: ImageProgress, signal: AbortSignal): Promise<CachedImage> {
    signal.throwIfAborted();
    const image = parseImageUrl(request.url);
    const { sha256 } = request;
    if (sha256 !== null && !isDigest(sha256)) throw malformedDigest(image.shown, sha256);
    const obtain = () => this.#obtain(image, request, onProgress, signal);
    try {
      const entry =
        sha256 === null ? await obtain() : await this.#pins.pinnedWhile(sha256, request.pinnedBy, signal, obtain);
      return describe(entry, request.format);
    } catch (error) {
      if (signal.aborted) throw error;
      throw storageFault(error, `Cannot store image "${image.shown}"`, { url: image.shown });
    }
  }

  async find(sha256: string): Promise<CachedImage | undefined> {
    if (!isDigest(sha256)) return undefined;
    try {
      const entry = await this.#intact(sha256, () => undefined, new AbortController().signal);
      return entry === undefined ? undefined : describe(entry, entry.format);
    } catch (error) {
      throw storageFault(error, `Cannot read image ${sha256}`, { sha256 });
    }
  }

  async unpin(uid: Uid, keep: readonly string[]): Promise<void> {
    try {
      await this.#pins.release(uid, new Set(keep));
    } catch (error) {
      throw storageFault(error, 'Cannot unpin images', { uid });
    }
  }

  async collect(signal: AbortSignal): Promise<void> {
    try {
      const abandoned = await this.#temps.removeAbandoned(signal);
      if (abandoned > 0) this.#log.info('Removed abandoned image downloads', { count: abandoned });
      for (const sha256 of await this.#entries.digests()) {
        signal.throwIfAborted();
        await this.#locks.run(sha256, async () => {
          if (await this.#pins.isPinned(sha256)) return;
          await this.#entries.drop(sha256);
          this.#log.info('Removed an image no instance needs', { sha256 });
        });
      }
    } catch (error) {
      throw storageFault(error, 'Cannot collect unused images');
    }
  }

  /** The entry, proven to have the format, and pinned by the instance. */
  async #obtain(
    image: ImageUrl,
    request: ImageRequest,
    onProgress: ImageProgress,
    signal: AbortSignal,
  ): Promise<Entry> {
    const { sha256, format } = request;
    let key = `${format} ${sha256 ?? image.url.href}`;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      let isOurs = false;
      const work = async (progress: ImageProgress, stop: AbortSignal): Promise<Entry> => {
        isOurs = true;
        const digest = sha256 ?? (await this.#fetcher.knownDigest(image));
        const cached = digest === null ? undefined : await this.#cached(image, digest, format, progress, stop);
        if (cached !== undefined) return cached;
        const keep = (temp: TempFile, proven: ProvenCopy) => this.#keep(temp, proven, stop);
        return this.#downloads.run(() => this.#fetcher.fetch(image, request, keep, progress, stop), stop);
      };
      const joined = this.#flights.join(key, work, onProgress, signal);
      const entry = await joined.catch((error: unknown) => {
        if (isOurs || sha256 === null || signal.aborted) throw error;
        return undefined;
      });
      if (entry === undefined) {
        // Somebody else's URL for the same digest failed; ours may do better.
        key = `${format} ${sha256} ${image.url.href}`;
        continue;
      }
      const isHeld = () => this.#intact(entry.sha256, () => undefined, signal);
      // That of a stated digest was made before the fetch.
      const held = sha256 === null ? this.#pins.pinnedWhile(entry.sha256, request.pinnedBy, signal, isHeld) : isHeld();
      if ((await held) !== undefined) return entry;
    }
    throw imageUnavailable(`Cannot keep image "${image.shown}": it was lost ${MAX_TRIES} times`, { url: image.shown });
  }

  #intact(sha256: string, onProgress: ImageProgress, signal: AbortSignal): Promise<Entry | undefined> {
    const progress = (bytes: number, totalBytes: number): void => onProgress({ bytes, totalBytes });
    return this.#locks.run(sha256, () => this.#entries.intact(sha256, progress, signal));
  }

  async #cached(
    image: ImageUrl,
    sha256: string,
    format: ImageRequest['format'],
    onProgress: ImageProgress,
    signal: AbortSignal,
  ): Promise<Entry | undefined> {
    const entry = await this.#intact(sha256, onProgress, signal);
    if (entry === undefined || format === 'blob' || entry.format === format) return entry;
    const handle = await open(entry.path, 'r');
    try {
      const { maxVirtualBytes } = this.#config;
      const copy = { url: image.shown, format, sizeBytes: entry.sizeBytes, maxVirtualBytes, readAt: readerOf(handle) };
      const virtualSizeBytes = await checkFormat(copy, signal);
      const proven = { ...entry, format, virtualSizeBytes };
      await this.#locks.run(sha256, () => this.#entries.update(proven));
      return proven;
    } finally {
      await handle.close();
    }
  }

  /** Makes the copy the entry, unless an intact one is there: an overlay may have that one open. */
  #keep(temp: TempFile, proven: ProvenCopy, signal: AbortSignal): Promise<Entry> {
    const { sha256, format } = proven;
    return this.#locks.run(sha256, async () => {
      const held = await this.#entries.intact(sha256, () => undefined, signal);
      if (held === undefined) return this.#entries.commit(temp, proven);
      return format === 'blob' || held.format === format ? held : this.#entries.update({ ...held, ...proven });
    });
  }
}

function describe(entry: Entry, format: ImageRequest['format']): CachedImage {
  const { sha256, sizeBytes, path } = entry;
  return { sha256, sizeBytes, virtualSizeBytes: format === 'blob' ? sizeBytes : entry.virtualSizeBytes, format, path };
}
