/**
 * The node's content-addressed image cache (spec §10). Paths it returns never leave the node (spec S7).
 */

import type { DiskFormat } from '../core/instance/spec.ts';
import type { Uid } from '../core/kit/brand.ts';

export interface ImageRequest {
  readonly url: string;
  /** Expected digest; null = take what is there and fix it (trust on first use). */
  readonly sha256: string | null;
  /** `blob` for kernels and initrds: no header check but the size limit. */
  readonly format: DiskFormat | 'blob';
  /** Instance on whose behalf the entry is pinned, from before its check until `unpin`. */
  readonly pinnedBy: Uid;
}

export interface CachedImage {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Virtual size of the disk inside; equals sizeBytes for raw and blob. */
  readonly virtualSizeBytes: number;
  readonly format: DiskFormat | 'blob';
  /** Read-only file on this node. */
  readonly path: string;
}

/** A download that moves is progress: it puts off the deadline of the phase that waits for it (spec F1). */
export type ImageProgress = (done: { readonly bytes: number; readonly totalBytes: number | null }) => void;

export interface Images {
  /**
   * The image in the cache, fetched once however many ask. Faults (= failure reason codes): `image_unavailable`,
   * `checksum_mismatch`, `image_invalid`, `unsupported_format`, `pool_full`.
   */
  ensure(request: ImageRequest, onProgress: ImageProgress, signal: AbortSignal): Promise<CachedImage>;
  /** The entry if it is in the cache and intact; never fetches. */
  find(sha256: string): Promise<CachedImage | undefined>;
  /** Takes away every pin of the instance except the digests in `keep`. Entries without pins may be collected. */
  unpin(uid: Uid, keep: readonly string[]): Promise<void>;
  /** Removes unpinned entries and abandoned temporary files. */
  collect(signal: AbortSignal): Promise<void>;
}
