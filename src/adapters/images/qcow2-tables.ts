import { imageInvalid } from './image-faults.ts';
import type { Qcow2Header } from './qcow2-header.ts';

/** Reads exactly `length` bytes at `position`. The caller asks only for what lies inside the file. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

/** One read of a table; keeps memory and the time between two looks at the signal small. */
const TABLE_CHUNK_BYTES = 256 * 1024;
/** Bits 9–55 of an entry: a host offset. Split, as 64-bit arithmetic per entry would be slow. */
const HIGH_OFFSET_MASK = 0x00ff_ffff;
const LOW_OFFSET_MASK = 0xffff_fe00;
const COMPRESSED_BIT = 0x4000_0000;
const ALL_ZERO_BIT = 1;

/**
 * Follows the L1 table to every L2 table and every L2 entry to its cluster, and refuses an image in which one of them
 * lies beyond the end of the file: the mark of a truncated copy. Each L2 table is read once (two references to one are
 * refused), so the work is bounded by the size of the file. Fault: `image_invalid`.
 */
export async function checkQcow2Tables(
  readAt: ReadAt,
  header: Qcow2Header,
  image: { readonly url: string; readonly fileBytes: number },
  signal: AbortSignal,
): Promise<void> {
  const clusterBytes = 2 ** header.clusterBits;
  const refuse = (reason: string, text: string) =>
    imageInvalid(`Cannot use image "${image.url}": ${text}`, { url: image.url, reason });
  const seen = new Set<number>();
  for await (const l1 of chunks(readAt, header.l1Offset, header.l1Entries * 8, signal)) {
    for (let at = 0; at < l1.byteLength; at += 8) {
      const offset = entryOffset(l1, at);
      if (offset === 0) continue;
      if (offset % clusterBytes !== 0) throw refuse('alignment', 'an L2 table is misplaced');
      if (seen.has(offset)) throw refuse('l2_table', 'an L2 table is used twice');
      if (offset + clusterBytes > image.fileBytes) throw refuse('truncated', 'the file ends before an L2 table does');
      seen.add(offset);
      for await (const l2 of chunks(readAt, offset, clusterBytes, signal)) {
        const end = lastCluster(l2, header);
        if (end >= image.fileBytes) throw refuse('truncated', 'the file ends before its data does');
      }
    }
  }
}

/** The highest byte, or start of a cluster (a last cluster may be written in part), the entries of an L2 table need. */
function lastCluster(l2: DataView, header: Qcow2Header): number {
  let last = 0;
  // Compressed: the low `62 - (clusterBits - 8)` bits are a byte offset, the bits above count further 512-byte sectors.
  const offsetBits = 62 - (header.clusterBits - 8);
  const highBits = offsetBits - 32;
  for (let at = 0; at < l2.byteLength; at += header.l2EntryBytes) {
    const high = l2.getUint32(at);
    const low = l2.getUint32(at + 4);
    if ((high & COMPRESSED_BIT) !== 0) {
      const payload = high & 0x3fff_ffff;
      const offset = (payload % 2 ** highBits) * 2 ** 32 + low;
      const sectors = Math.floor(payload / 2 ** highBits);
      last = Math.max(last, offset, Math.floor(offset / 512) * 512 + sectors * 512);
    } else if (header.l2EntryBytes === 16 || (low & ALL_ZERO_BIT) === 0) {
      last = Math.max(last, entryOffset(l2, at));
    }
  }
  return last;
}

const entryOffset = (table: DataView, at: number): number =>
  (table.getUint32(at) & HIGH_OFFSET_MASK) * 2 ** 32 + ((table.getUint32(at + 4) & LOW_OFFSET_MASK) >>> 0);

async function* chunks(readAt: ReadAt, start: number, bytes: number, signal: AbortSignal): AsyncGenerator<DataView> {
  for (let done = 0; done < bytes; done += TABLE_CHUNK_BYTES) {
    signal.throwIfAborted();
    const chunk = await readAt(start + done, Math.min(TABLE_CHUNK_BYTES, bytes - done));
    yield new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}
