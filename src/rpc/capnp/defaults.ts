import { Message } from './message.ts';
import { Pointer } from './pointer.ts';
import { Segment, viewOf } from './segment.ts';

/** Defaults as the generated code states them: for data fields the bits to XOR with, for pointers a whole message. */
const scratch = new DataView(new ArrayBuffer(8));

export const getBitMask = (value: boolean, _bit: number): boolean => value;
export const getUint8Mask = (value: number): number => value;
export const getInt8Mask = (value: number): number => value;
export const getUint16Mask = (value: number): number => value;
export const getInt16Mask = (value: number): number => value;
export const getUint32Mask = (value: number): number => value;
export const getInt32Mask = (value: number): number => value;
export const getUint64Mask = (value: bigint): bigint => value;
export const getInt64Mask = (value: bigint): bigint => value;
export function getFloat32Mask(value: number): number {
  scratch.setFloat32(0, value, true);
  return scratch.getUint32(0, true);
}
export function getFloat64Mask(value: number): bigint {
  scratch.setFloat64(0, value, true);
  return scratch.getBigUint64(0, true);
}

/** Bytes before the only segment of a framed message: segment count and size. */
const FRAME_HEADER_BYTES = 8;

/** Reads a default value the generator stored as a packed, framed one-segment message. */
export function readRawPointer(packed: ArrayBuffer): Pointer {
  const bytes = unpack(new Uint8Array(packed));
  const message = new Message();
  message.segments.push(Segment.received(message, bytes, viewOf(bytes), FRAME_HEADER_BYTES, bytes.length));
  return new Pointer(message.first, FRAME_HEADER_BYTES, message.nesting);
}

/** Undoes Cap'n Proto packing: a tag byte per word, runs of zero words and of verbatim words. */
function unpack(packed: Uint8Array): Buffer {
  const out: number[] = [];
  let at = 0;
  const next = (): number => packed[at++] ?? 0;
  while (at < packed.length) {
    const tag = next();
    for (let bit = 0; bit < 8; bit++) out.push((tag & (1 << bit)) !== 0 ? next() : 0);
    if (tag === 0) for (let n = next() * 8; n > 0; n--) out.push(0);
    else if (tag === 0xff) for (let n = next() * 8; n > 0; n--) out.push(next());
  }
  return Buffer.from(out);
}
