import { rm } from 'node:fs/promises';
import type { Clock } from '../../ports/clock.ts';
import type { ImageProgress, ImageRequest } from '../../ports/images.ts';
import { checkFormat, readerOf } from './check-format.ts';
import { type CopyLimits, copyImage } from './copy-image.ts';
import type { Entry } from './entry-store.ts';
import { openFileSource } from './file-source.ts';
import { openHttpSource } from './http-source.ts';
import { checksumMismatch } from './image-faults.ts';
import type { ImageSource } from './image-source.ts';
import type { ImageUrl } from './image-url.ts';
import { isPublicAddress } from './public-address.ts';
import type { StallLimits } from './stall-guard.ts';
import type { TempFile, TempFiles } from './temp-files.ts';

export interface FetchLimits extends StallLimits, Omit<CopyLimits, 'shown'> {
  readonly imageDirs: readonly string[];
  readonly allowPrivate: boolean;
  readonly maxVirtualBytes: number;
}

/** What a copy was proven to be. */
export type ProvenCopy = Pick<Entry, 'sha256' | 'format' | 'virtualSizeBytes'>;

/**
 * A file changed so shortly before it was read may change again without another time stamp: the kernel's clock for files
 * moves in steps of some ms, other file systems' in steps of up to 2 s.
 */
const settledAfterMs = 2_000;

/** Sources whose digest is remembered; beyond it the oldest is read again. */
const knownMax = 1_000;

/** Brings one image from its URL to a checked temporary file, which is gone afterwards unless `keep` moved it. */
export class ImageFetcher {
  readonly #clock: Clock;
  readonly #temps: TempFiles;
  readonly #limits: FetchLimits;
  /** By URL: the digest of what was read there, and the version that was read. */
  readonly #known = new Map<string, { readonly version: string; readonly sha256: string }>();

  constructor(deps: { readonly clock: Clock; readonly temps: TempFiles }, limits: FetchLimits) {
    this.#clock = deps.clock;
    this.#temps = deps.temps;
    this.#limits = limits;
  }

  /** The digest of a source that was read before and is still the same; null = it must be read. */
  async knownDigest(image: ImageUrl): Promise<string | null> {
    const known = this.#known.get(image.url.href);
    if (known === undefined || image.url.protocol !== 'file:') return null;
    const source = await openFileSource(image, this.#limits.imageDirs);
    await source.close();
    return source.version?.text === known.version ? known.sha256 : null;
  }

  #remember(image: ImageUrl, { version }: ImageSource, openedAt: number, sha256: string): void {
    const { href } = image.url;
    this.#known.delete(href);
    if (version === undefined || openedAt - version.since < settledAfterMs) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= knownMax) this.#known.delete(oldest);
    this.#known.set(href, { version: version.text, sha256 });
  }

  /** Calls `keep` with the copy once digest and format are right. */
  async fetch(
    image: ImageUrl,
    request: ImageRequest,
    keep: (temp: TempFile, proven: ProvenCopy) => Promise<Entry>,
    onProgress: ImageProgress,
    signal: AbortSignal,
  ): Promise<Entry> {
    const openedAt = this.#clock.now();
    const source = await this.#open(image, request.sha256 !== null, signal);
    try {
      const temp = await this.#temps.create();
      try {
        const proven = await this.#prove(source, temp, image, request, onProgress, signal);
        const entry = await keep(temp, proven);
        this.#remember(image, source, openedAt, proven.sha256);
        return entry;
      } finally {
        await temp.handle.close();
        await rm(temp.path, { force: true });
      }
    } finally {
      await source.close();
    }
  }

  #open(image: ImageUrl, digestKnown: boolean, signal: AbortSignal): Promise<ImageSource> {
    const { imageDirs, allowPrivate, idleMs, totalMs } = this.#limits;
    if (image.url.protocol === 'file:') return openFileSource(image, imageDirs);
    const isAllowedAddress = allowPrivate ? () => true : isPublicAddress;
    const options = { limits: { idleMs, totalMs }, isAllowedAddress, digestKnown };
    return openHttpSource({ clock: this.#clock }, image, options, signal);
  }

  async #prove(
    source: ImageSource,
    temp: TempFile,
    image: ImageUrl,
    request: ImageRequest,
    onProgress: ImageProgress,
    signal: AbortSignal,
  ): Promise<ProvenCopy> {
    const limits = { ...this.#limits, shown: image.shown };
    const { sha256, sizeBytes } = await copyImage(source, temp.handle, limits, onProgress, signal);
    if (request.sha256 !== null && request.sha256 !== sha256) {
      throw checksumMismatch(image.shown, request.sha256, sha256);
    }
    const { format } = request;
    const { maxVirtualBytes } = this.#limits;
    const copy = { url: image.shown, format, sizeBytes, maxVirtualBytes, readAt: readerOf(temp.handle) };
    const virtualSizeBytes = await checkFormat(copy, signal);
    signal.throwIfAborted();
    return { sha256, format, virtualSizeBytes };
  }
}
