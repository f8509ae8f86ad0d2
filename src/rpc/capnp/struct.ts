import { checkTarget, KIND_STRUCT, locate, target } from './locate.ts';
import { ObjectSize } from './object-size.ts';
import type { Segment } from './segment.ts';

/** What the generated class of a struct says of itself. */
export type StructClass<T extends Struct> = {
  readonly _capnp: { readonly displayName: string; readonly id?: string; readonly size: ObjectSize };
  new (segment: Segment, data: number, dataBytes: number, pointerCount: number, depth: number): T;
};

/**
 * A struct inside a message, read and written in place. Fields beyond the sections a peer sent read as their defaults,
 * which is how older and newer schemas meet.
 */
export class Struct {
  // Names begin with an underscore because the schema language forbids it: no field can clash.
  readonly _segment: Segment;
  /** Offset of the data section. */
  readonly _data: number;
  readonly _dataBytes: number;
  /** Offset of the pointer section. */
  readonly _pointers: number;
  readonly _pointerCount: number;
  /** How many pointers may still be followed one inside the other. */
  readonly _depth: number;

  constructor(segment: Segment, data: number, dataBytes: number, pointerCount: number, depth: number) {
    this._segment = segment;
    this._data = data;
    this._dataBytes = dataBytes;
    this._pointers = data + dataBytes;
    this._pointerCount = pointerCount;
    this._depth = depth;
  }

  toString(): string {
    return `[${this._dataBytes} data bytes, ${this._pointerCount} pointers]`;
  }
}

/** A struct of unknown type, read by offset. */
export class AnyStruct extends Struct {
  static readonly _capnp = { displayName: 'AnyStruct', size: new ObjectSize(0, 0) };
}

/** Offset of pointer `index`, or -1 where the struct is too old to have it. */
export function pointerAt(index: number, s: Struct): number {
  return index < s._pointerCount ? s._pointers + index * 8 : -1;
}

/** Offset of pointer `index` for writing. */
export function writablePointerAt(index: number, s: Struct): number {
  if (index >= s._pointerCount) throw new RangeError(`Cannot write pointer ${index}: the struct has no room for it`);
  return s._pointers + index * 8;
}

/** Follows the pointer at `at` to a struct; undefined when it is null. */
export function structAt<T extends Struct>(
  Class: StructClass<T>,
  segment: Segment,
  at: number,
  depth: number,
): T | undefined {
  if (at < 0 || !locate(segment, at)) return undefined;
  const found = target.segment;
  if (target.kind !== KIND_STRUCT) found.message.malformed('Cannot read struct: the pointer is of another kind');
  const dataBytes = (target.high & 0xffff) * 8;
  const pointerCount = target.high >>> 16;
  const size = dataBytes + pointerCount * 8;
  checkTarget(size);
  if (depth <= 0) found.message.malformed('Cannot read message: nesting limit exceeded');
  found.message.charge(1 + (size >>> 3));
  return new Class(found, target.content, dataBytes, pointerCount, depth - 1);
}

/** Allocates a struct and points the pointer at `at` to it. */
export function initStructAtOffset<T extends Struct>(Class: StructClass<T>, segment: Segment, at: number): T {
  const { dataBytes, pointerCount } = Class._capnp.size;
  const data = segment.allocate(dataBytes + pointerCount * 8);
  writeStructPointer(segment, at, data, dataBytes, pointerCount);
  return new Class(segment, data, dataBytes, pointerCount, segment.message.nesting);
}

export function writeStructPointer(segment: Segment, at: number, data: number, dataBytes: number, n: number): void {
  // A struct of no size points at itself: offset -1, so that it differs from null.
  const offset = dataBytes + n === 0 ? -1 : (data - at - 8) >> 3;
  segment.view.setInt32(at, offset << 2, true);
  segment.view.setUint32(at + 4, (dataBytes >>> 3) | (n << 16), true);
}
