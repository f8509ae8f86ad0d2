/**
 * Images in memory, for simulation and tests: the same answers, checks, pins and faults as the cache on disk,
 * without disk or network. Three objects, as three things outlive each other in different ways: `MemoryImageSources`
 * is the outside world (shared by all nodes), `MemoryImageDisk` a node's disk (outlives its agent),
 * `createMemoryImages` one life of an agent. Time passes only on the Clock handed in.
 */
import { createHash } from 'node:crypto';
import type { Uid } from '../../core/kit/brand.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CachedImage, ImageProgress, ImageRequest, Images } from '../../ports/images.ts';
import { raceSignal } from '../../ports/race-signal.ts';
import { checkFormat } from './check-format.ts';
import { checksumMismatch, imageInvalid, imageUnavailable, malformedDigest, poolFull } from './image-faults.ts';
import { type ImageUrl, isDigest, parseImageUrl } from './image-url.ts';
import { flipped, type MemoryEntry, type MemoryImageDisk, type MemoryImageSources } from './memory-world.ts';
import type { ReadAt } from './qcow2-tables.ts';
import { SingleFlight } from './single-flight.ts';

export interface MemoryImagesConfig {
  readonly sources: MemoryImageSources;
  readonly disk: MemoryImageDisk;
  /** Largest image. */
  readonly maxBytes?: number;
  readonly maxVirtualBytes?: number;
  /** Bytes that arrive at once. */
  readonly chunkBytes?: number;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_VIRTUAL_BYTES = 16 * 2 ** 40;
const DEFAULT_CHUNK_BYTES = 64 * 1024;
/** Only a rare race collects a finished download before its asker has it; several times in a row is a bug. */
const MAX_JOINS = 3;

/** One life of a node's image cache on simulated time and disk. Passes the same contract suite as the real one. */
export function createMemoryImages(deps: { readonly clock: Clock }, config: MemoryImagesConfig): Images {
  return new MemoryImages(deps.clock, config);
}

class MemoryImages implements Images {
  readonly #clock: Clock;
  readonly #sources: MemoryImageSources;
  readonly #disk: MemoryImageDisk;
  readonly #maxBytes: number;
  readonly #maxVirtualBytes: number;
  readonly #chunkBytes: number;
  readonly #flights: SingleFlight<string>;
  readonly #life = {};

  constructor(clock: Clock, config: MemoryImagesConfig) {
    this.#clock = clock;
    this.#sources = config.sources;
    this.#disk = config.disk;
    this.#maxBytes = config.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#maxVirtualBytes = config.maxVirtualBytes ?? DEFAULT_MAX_VIRTUAL_BYTES;
    this.#chunkBytes = config.chunkBytes ?? DEFAULT_CHUNK_BYTES;
    this.#flights = new SingleFlight(clock);
  }

  async ensure(request: ImageRequest, onProgress: ImageProgress, signal: AbortSignal): Promise<CachedImage> {
    signal.throwIfAborted();
    const source = parseImageUrl(request.url);
    const wanted = request.sha256;
    if (wanted !== null && !isDigest(wanted)) throw malformedDigest(source.shown, wanted);
    const held = wanted === null ? undefined : this.#intact(wanted);
    if (wanted !== null && held !== undefined) {
      const { format } = request;
      const virtualSizeBytes = await this.#check(source, held.bytes, format, signal);
      // The check took time: an unpinned entry may have been collected meanwhile. Put it back, it is the same.
      this.#disk.entries.set(wanted, held.format === 'blob' ? { ...held, format, virtualSizeBytes } : held);
      this.#pin(wanted, request.pinnedBy);
      return describe(wanted, { ...held, format, virtualSizeBytes });
    }
    const key = `${request.format} ${wanted ?? source.url.href}`;
    const work = (progress: ImageProgress, stop: AbortSignal) => this.#fetch(source, request, progress, stop);
    for (let tries = 0; tries < MAX_JOINS; tries += 1) {
      const sha256 = await this.#flights.join(key, work, onProgress, signal);
      const entry = this.#disk.entries.get(sha256);
      // Collected between the end of the download and now: nobody but us wanted it any more.
      if (entry === undefined) continue;
      this.#pin(sha256, request.pinnedBy);
      return describe(sha256, { ...entry, format: request.format });
    }
    throw imageUnavailable(`Cannot keep image "${source.shown}": it was collected ${MAX_JOINS} times`, {
      url: source.shown,
    });
  }

  async find(sha256: string): Promise<CachedImage | undefined> {
    const entry = this.#intact(sha256);
    return entry === undefined ? undefined : describe(sha256, entry);
  }

  async unpin(uid: Uid, keep: readonly string[]): Promise<void> {
    for (const [sha256, uids] of this.#disk.pins) {
      if (!keep.includes(sha256)) uids.delete(uid);
      if (uids.size === 0) this.#disk.pins.delete(sha256);
    }
  }

  async collect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (const file of this.#disk.temporary) {
      if (file.life !== this.#life) this.#disk.temporary.delete(file);
    }
    for (const sha256 of this.#disk.entries.keys()) {
      if (!this.#disk.pins.has(sha256)) this.#disk.entries.delete(sha256);
    }
  }

  async #fetch(
    source: ImageUrl,
    request: ImageRequest,
    onProgress: ImageProgress,
    signal: AbortSignal,
  ): Promise<string> {
    const temporary = { life: this.#life };
    this.#disk.temporary.add(temporary);
    try {
      if (this.#disk.isFull) {
        throw poolFull(`Cannot store image "${source.shown}": no space left in the image cache`, { url: source.shown });
      }
      const bytes = await this.#download(source, onProgress, signal);
      const sha256 = digestOf(bytes);
      if (request.sha256 !== null && request.sha256 !== sha256) {
        throw checksumMismatch(source.shown, request.sha256, sha256);
      }
      const virtualSizeBytes = await this.#check(source, bytes, request.format, signal);
      signal.throwIfAborted();
      this.#pin(sha256, request.pinnedBy);
      this.#disk.entries.set(sha256, { bytes, format: request.format, virtualSizeBytes });
      return sha256;
    } finally {
      this.#disk.temporary.delete(temporary);
    }
  }

  async #download(image: ImageUrl, onProgress: ImageProgress, signal: AbortSignal): Promise<Uint8Array> {
    const { shown } = image;
    const source = this.#sources.fetch(image.url.href);
    if (source === undefined || source.mode === 'unavailable') {
      throw imageUnavailable(`Cannot fetch image "${shown}": nothing answers`, { url: shown });
    }
    const bytes = source.mode === 'corrupting' ? flipped(source.bytes) : source.bytes;
    if (bytes.length > this.#maxBytes) {
      throw imageInvalid(`Cannot use image "${shown}": it is larger than the limit of ${this.#maxBytes} bytes`, {
        url: shown,
        reason: 'too_large',
      });
    }
    for (let done = 0; done < bytes.length; ) {
      if (source.msPerChunk > 0) await this.#clock.sleep(source.msPerChunk, signal);
      signal.throwIfAborted();
      done = Math.min(done + this.#chunkBytes, bytes.length);
      onProgress({ bytes: done, totalBytes: bytes.length });
      if (source.gate !== undefined) await raceSignal(source.gate, signal);
    }
    return bytes;
  }

  #check(source: ImageUrl, bytes: Uint8Array, format: ImageRequest['format'], signal: AbortSignal): Promise<number> {
    const readAt: ReadAt = async (position, length) => bytes.subarray(position, position + length);
    const copy = { url: source.shown, format, sizeBytes: bytes.length, maxVirtualBytes: this.#maxVirtualBytes, readAt };
    return checkFormat(copy, signal);
  }

  /** The entry if its bytes are still what its digest says; a damaged one is dropped. */
  #intact(sha256: string): MemoryEntry | undefined {
    const entry = this.#disk.entries.get(sha256);
    if (entry === undefined || digestOf(entry.bytes) === sha256) return entry;
    this.#disk.entries.delete(sha256);
    return undefined;
  }

  #pin(sha256: string, uid: Uid): void {
    const uids = this.#disk.pins.get(sha256) ?? new Set<Uid>();
    this.#disk.pins.set(sha256, uids.add(uid));
  }
}

function describe(sha256: string, entry: MemoryEntry): CachedImage {
  const { format, virtualSizeBytes } = entry;
  return { sha256, sizeBytes: entry.bytes.length, virtualSizeBytes, format, path: `/images/sha256/${sha256}` };
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
