/** What outlives an agent's life of the image cache in memory: the outside world, and a node's disk. */
import type { DiskFormat } from '../../core/instance/spec.ts';
import type { Uid } from '../../core/kit/brand.ts';

interface MemorySource {
  bytes: Uint8Array;
  /** Time each chunk takes; 0 = at once. */
  msPerChunk: number;
  mode: 'serving' | 'unavailable' | 'corrupting';
  /** Downloads stop after their first chunk until this resolves. */
  gate: Promise<void> | undefined;
}

/** What the URLs of the simulated world serve. */
export class MemoryImageSources {
  readonly #sources = new Map<string, MemorySource>();
  readonly #fetches = new Map<string, number>();

  /** Serves `bytes` under the URL from now on; a second call changes the bytes under a mutable URL. */
  put(url: string, bytes: Uint8Array): void {
    const existing = this.#sources.get(url);
    if (existing !== undefined) existing.bytes = bytes;
    else this.#sources.set(url, { bytes, msPerChunk: 0, mode: 'serving', gate: undefined });
  }

  /** Nothing answers under the URL any more. */
  remove(url: string): void {
    this.#sources.delete(url);
  }

  /** `unavailable`: every fetch fails with `image_unavailable`; `corrupting`: the last byte arrives flipped. */
  setMode(url: string, mode: MemorySource['mode']): void {
    this.#known(url).mode = mode;
  }

  /** Each chunk of a download takes `msPerChunk` of simulated time. */
  slowDown(url: string, msPerChunk: number): void {
    this.#known(url).msPerChunk = msPerChunk;
  }

  /** Downloads stop after their first chunk until the function it answers is called. */
  hold(url: string): () => void {
    const source = this.#known(url);
    const gate = Promise.withResolvers<void>();
    source.gate = gate.promise;
    return () => {
      source.gate = undefined;
      gate.resolve();
    };
  }

  /** How many downloads of the URL were begun. */
  fetches(url: string): number {
    return this.#fetches.get(url) ?? 0;
  }

  /** Begins a download: counts it and answers what the URL serves now. */
  fetch(url: string): Readonly<MemorySource> | undefined {
    this.#fetches.set(url, this.fetches(url) + 1);
    return this.#sources.get(url);
  }

  #known(url: string): MemorySource {
    const source = this.#sources.get(url);
    if (source === undefined) throw new Error(`No image source serves "${url}" in this world`);
    return source;
  }
}

/** An image on a simulated disk. */
export interface MemoryEntry {
  bytes: Uint8Array;
  format: DiskFormat | 'blob';
  virtualSizeBytes: number;
}

/** The cache directory of one simulated node; survives the lives of its agent. */
export class MemoryImageDisk {
  readonly entries = new Map<string, MemoryEntry>();
  /** Digest → instances that pin it. */
  readonly pins = new Map<string, Set<Uid>>();
  /** Temporary files, each with the life that writes it. */
  readonly temporary = new Set<{ readonly life: object }>();

  /** There is no room for another image. */
  isFull = false;

  /** Flips a byte of an entry, as a failing disk would. */
  damage(sha256: string): void {
    const entry = this.entries.get(sha256);
    if (entry === undefined) throw new Error(`No image ${sha256} in this cache`);
    entry.bytes = flipped(entry.bytes);
  }
}

/** The bytes with their last one changed. */
export function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const last = copy.length - 1;
  if (last >= 0) copy[last] = (copy[last] ?? 0) ^ 0xff;
  return copy;
}
