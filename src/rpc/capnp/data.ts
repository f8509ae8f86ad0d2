import { target } from './locate.ts';
import { SIZE_BYTE } from './object-size.ts';
import { doesNotFit, fitsUint8 } from './ranges.ts';
import type { Segment } from './segment.ts';
import { locateBytes, writeListPointer } from './text.ts';

/** A field of type Data: bytes inside the message. */
export class Data {
  readonly #segment: Segment;
  readonly #start: number;
  readonly length: number;

  constructor(segment: Segment, start: number, length: number) {
    this.#segment = segment;
    this.#start = start;
    this.length = length;
  }

  get(index: number): number {
    return this.toUint8Array()[index] ?? 0;
  }

  set(index: number, value: number): void {
    if (!(index >= 0 && index < this.length))
      throw new RangeError(`Cannot set byte ${index}: there are ${this.length}`);
    if (!fitsUint8(value)) doesNotFit('UInt8', value, `byte ${index}`);
    this.toUint8Array()[index] = value;
  }

  /** The bytes in place: they share memory with the message and keep it alive. */
  toUint8Array(): Uint8Array {
    const { buffer, byteOffset } = this.#segment.bytes;
    return new Uint8Array(buffer, byteOffset + this.#start, this.length);
  }

  /** A copy of the bytes. */
  toArrayBuffer(): ArrayBuffer {
    return new Uint8Array(this.toUint8Array()).buffer;
  }

  /** Overwrites the bytes from the start; what does not fit is an error. */
  copyBuffer(source: Uint8Array): void {
    this.toUint8Array().set(source);
  }
}

export function dataAt(segment: Segment, at: number): Data | undefined {
  if (!locateBytes(segment, at)) return undefined;
  return new Data(target.segment, target.content, target.high >>> 3);
}

export function initDataAt(segment: Segment, at: number, length: number): Data {
  const content = segment.allocate((length + 7) & ~7);
  writeListPointer(segment, at, content, SIZE_BYTE, length);
  return new Data(segment, content, length);
}
