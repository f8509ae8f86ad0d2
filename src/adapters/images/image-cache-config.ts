import { gibBytes } from '../../core/kit/gib-bytes.ts';

/** How a node's image cache is set up. */
export interface ImageCacheConfig {
  /** The cache's own directory. Hypervisors never come here: they have links to the images in their own directories. */
  readonly dir: string;
  /** Directories below which `file:` URLs may read (`--image-dir`). */
  readonly imageDirs: readonly string[];
  /** Lets `http:` and `https:` URLs reach private, loopback and link-local addresses (`--allow-private-images`). */
  readonly allowPrivate: boolean;
  /** Largest image file. */
  readonly maxBytes?: number;
  /** Largest disk inside an image. */
  readonly maxVirtualBytes?: number;
  /** Longest silence of a server. */
  readonly idleMs?: number;
  /** Longest download. */
  readonly totalMs?: number;
  /** Copies at the same time; further ones wait. */
  readonly maxDownloads?: number;
  /** Free space on the cache's disk that no image may use up. */
  readonly reserveBytes?: number;
}

/** What a node's cache allows where nothing else is said. */
export const imageCacheDefaults = {
  maxBytes: 256 * gibBytes,
  maxVirtualBytes: 16 * 1024 * gibBytes,
  idleMs: 30_000,
  // A large image over a slow line; `idleMs` ends dead downloads long before.
  totalMs: 6 * 3_600_000,
  // More would only share the same line and disk.
  maxDownloads: 4,
  reserveBytes: 256 * 2 ** 20,
};
