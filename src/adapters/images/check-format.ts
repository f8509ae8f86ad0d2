/**
 * Is the copy what the spec says it is? The format is always stated, never probed (spec §10): guests write to raw
 * disks, and a guest that writes a qcow2 header to its raw disk must not make the host open the files that header
 * names.
 *
 * A *source* image stated as raw that begins with the header of another container format is refused as
 * `unsupported_format`: as a raw disk no firmware boots from it, so it is all but surely a wrong `image_format`.
 */
import type { FileHandle } from 'node:fs/promises';
import type { DiskFormat } from '../../core/instance/spec.ts';
import { exhaustive } from '../../core/kit/exhaustive.ts';
import { imageInvalid, unsupportedFormat } from './image-faults.ts';
import { parseQcow2Header, QCOW2_HEAD_BYTES } from './qcow2-header.ts';
import { checkQcow2Tables, type ReadAt } from './qcow2-tables.ts';

export interface ImageCopy {
  readonly url: string;
  readonly format: DiskFormat | 'blob';
  readonly sizeBytes: number;
  readonly maxVirtualBytes: number;
  readonly readAt: ReadAt;
}

const RAW_HEAD_BYTES = 512;

/** Beginnings of files that are disk images or archives of another kind: offset, bytes (latin1), name. */
const foreignBeginnings: readonly (readonly [number, string, string])[] = [
  [0, 'QFI\xfb', 'qcow2'],
  [0, 'KDMV', 'vmdk'],
  [0, 'COWD', 'vmdk'],
  [0, '# Disk DescriptorFile', 'vmdk'],
  [0x40, '\x7f\x10\xda\xbe', 'vdi'],
  [0, 'vhdxfile', 'vhdx'],
  [0, 'conectix', 'vhd'],
  [0, 'QED\0', 'qed'],
  [0, '\x1f\x8b\x08', 'gzip'],
  [0, '\xfd7zXZ\0', 'xz'],
  [0, '\x28\xb5\x2f\xfd', 'zstd'],
  [0, 'BZh9', 'bzip2'],
];

/** Answers the virtual size in bytes. Faults: `image_invalid`, `unsupported_format`. */
export async function checkFormat(copy: ImageCopy, signal: AbortSignal): Promise<number> {
  if (copy.sizeBytes === 0) {
    throw imageInvalid(`Cannot use image "${copy.url}": it is empty`, { url: copy.url, reason: 'empty' });
  }
  switch (copy.format) {
    case 'blob':
      return copy.sizeBytes;
    case 'raw':
      return checkRaw(copy);
    case 'qcow2': {
      const head = await copy.readAt(0, Math.min(copy.sizeBytes, QCOW2_HEAD_BYTES));
      const limits = { url: copy.url, fileBytes: copy.sizeBytes, maxVirtualBytes: copy.maxVirtualBytes };
      const header = parseQcow2Header(head, limits);
      await checkQcow2Tables(copy.readAt, header, limits, signal);
      return header.virtualSizeBytes;
    }
    default:
      return exhaustive(copy.format);
  }
}

/** Reads of an open file; what lies beyond its end reads as zeros, which no check takes for an image. */
export function readerOf(handle: FileHandle): ReadAt {
  return async (position, length) => {
    const buffer = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer;
  };
}

async function checkRaw(copy: ImageCopy): Promise<number> {
  const head = Buffer.from(await copy.readAt(0, Math.min(copy.sizeBytes, RAW_HEAD_BYTES)));
  const text = head.toString('latin1');
  const found = foreignBeginnings.find(([at, bytes]) => text.startsWith(bytes, at));
  if (found !== undefined) {
    throw unsupportedFormat(`Cannot use image "${copy.url}": image_format says raw but the file is ${found[2]}`, {
      url: copy.url,
      reason: 'not_raw',
      found: found[2],
    });
  }
  if (copy.sizeBytes % 512 !== 0) {
    throw imageInvalid(
      `Cannot use image "${copy.url}": a raw disk has a multiple of 512 bytes, this file ${copy.sizeBytes} (cut off?)`,
      { url: copy.url, reason: 'raw_size', size_bytes: copy.sizeBytes },
    );
  }
  return copy.sizeBytes;
}
