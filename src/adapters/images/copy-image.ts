import { createHash } from 'node:crypto';
import { type FileHandle, statfs } from 'node:fs/promises';
import type { ImageProgress } from '../../ports/images.ts';
import { imageInvalid, poolFull } from './image-faults.ts';
import type { ImageSource } from './image-source.ts';

/** Free space is looked at again after this many bytes: often enough that others who write meanwhile are noticed. */
const SPACE_CHECK_BYTES = 16 * 1024 * 1024;

export interface CopyLimits {
  /** The URL as messages show it. */
  readonly shown: string;
  readonly maxBytes: number;
  /** Directory on the cache's file system, for its free space. */
  readonly dir: string;
  /** Free space that is never used up: the agent's journal lives on the same disk. */
  readonly reserveBytes: number;
}

export interface Copied {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Copies a source into an empty file, hashing on the way. Runs of zeros become holes.
 * Faults: `image_invalid` above the size limit, `pool_full`, and those of the source.
 */
export async function copyImage(
  source: ImageSource,
  handle: FileHandle,
  limits: CopyLimits,
  onProgress: ImageProgress,
  signal: AbortSignal,
): Promise<Copied> {
  const { totalBytes } = source;
  checkSize(totalBytes ?? 0, limits);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let checkedBytes = -SPACE_CHECK_BYTES;
  for (;;) {
    signal.throwIfAborted();
    if (sizeBytes - checkedBytes >= SPACE_CHECK_BYTES) {
      await checkSpace(limits);
      checkedBytes = sizeBytes;
    }
    const chunk = await source.read();
    if (chunk === undefined) break;
    checkSize(sizeBytes + chunk.length, limits);
    hash.update(chunk);
    if (!isZero(chunk)) await writeAll(handle, chunk, sizeBytes);
    sizeBytes += chunk.length;
    onProgress({ bytes: sizeBytes, totalBytes });
  }
  await handle.truncate(sizeBytes);
  return { sha256: hash.digest('hex'), sizeBytes };
}

function checkSize(bytes: number, limits: CopyLimits): void {
  if (bytes <= limits.maxBytes) return;
  throw imageInvalid(`Cannot use image "${limits.shown}": it is larger than the limit of ${limits.maxBytes} bytes`, {
    url: limits.shown,
    reason: 'too_large',
    max_bytes: limits.maxBytes,
  });
}

async function checkSpace(limits: CopyLimits): Promise<void> {
  const { bavail, bsize } = await statfs(limits.dir);
  if (bavail * bsize > limits.reserveBytes) return;
  throw poolFull(`Cannot store image "${limits.shown}": the image cache's disk has no space to spare`, {
    url: limits.shown,
    reserve_bytes: limits.reserveBytes,
  });
}

const isZero = (chunk: Uint8Array): boolean =>
  chunk[0] === 0 && Buffer.compare(chunk.subarray(1), chunk.subarray(0, -1)) === 0;

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}
