import { List } from './list.ts';
import { SIZE_BIT, SIZE_BYTE, SIZE_EIGHT_BYTES, SIZE_FOUR_BYTES, SIZE_TWO_BYTES, SIZE_VOID } from './object-size.ts';
import {
  doesNotFit,
  fitsInt8,
  fitsInt16,
  fitsInt32,
  fitsInt64,
  fitsUint8,
  fitsUint16,
  fitsUint32,
  fitsUint64,
} from './ranges.ts';

/** Lists of numbers and booleans, one class per element type of the schema language. */
export class VoidList extends List<undefined> {
  static readonly _capnp = { size: SIZE_VOID };
  override get(_index: number): undefined {
    return undefined;
  }
}

export class BoolList extends List<boolean> {
  static readonly _capnp = { size: SIZE_BIT };
  #byte(index: number): number {
    this.offset(index);
    return this.place.content + (index >>> 3);
  }
  override get(index: number): boolean {
    return (this.place.segment.view.getUint8(this.#byte(index)) & (1 << (index & 7))) !== 0;
  }
  override set(index: number, value: boolean): void {
    this.writable(index);
    const at = this.#byte(index);
    const old = this.place.segment.view.getUint8(at);
    const flag = 1 << (index & 7);
    this.place.segment.view.setUint8(at, value ? old | flag : old & ~flag);
  }
}

export class Int8List extends List<number> {
  static readonly _capnp = { size: SIZE_BYTE };
  override get(index: number): number {
    return this.place.segment.view.getInt8(this.offset(index));
  }
  override set(index: number, value: number): void {
    if (!fitsInt8(value)) doesNotFit('Int8', value, `element ${index}`);
    this.place.segment.view.setInt8(this.writable(index), value);
  }
}

export class Uint8List extends List<number> {
  static readonly _capnp = { size: SIZE_BYTE };
  override get(index: number): number {
    return this.place.segment.view.getUint8(this.offset(index));
  }
  override set(index: number, value: number): void {
    if (!fitsUint8(value)) doesNotFit('UInt8', value, `element ${index}`);
    this.place.segment.view.setUint8(this.writable(index), value);
  }
}

export class Int16List extends List<number> {
  static readonly _capnp = { size: SIZE_TWO_BYTES };
  override get(index: number): number {
    return this.place.segment.view.getInt16(this.offset(index), true);
  }
  override set(index: number, value: number): void {
    if (!fitsInt16(value)) doesNotFit('Int16', value, `element ${index}`);
    this.place.segment.view.setInt16(this.writable(index), value, true);
  }
}

export class Uint16List extends List<number> {
  static readonly _capnp = { size: SIZE_TWO_BYTES };
  override get(index: number): number {
    return this.place.segment.view.getUint16(this.offset(index), true);
  }
  override set(index: number, value: number): void {
    if (!fitsUint16(value)) doesNotFit('UInt16', value, `element ${index}`);
    this.place.segment.view.setUint16(this.writable(index), value, true);
  }
}

export class Int32List extends List<number> {
  static readonly _capnp = { size: SIZE_FOUR_BYTES };
  override get(index: number): number {
    return this.place.segment.view.getInt32(this.offset(index), true);
  }
  override set(index: number, value: number): void {
    if (!fitsInt32(value)) doesNotFit('Int32', value, `element ${index}`);
    this.place.segment.view.setInt32(this.writable(index), value, true);
  }
}

export class Uint32List extends List<number> {
  static readonly _capnp = { size: SIZE_FOUR_BYTES };
  override get(index: number): number {
    return this.place.segment.view.getUint32(this.offset(index), true);
  }
  override set(index: number, value: number): void {
    if (!fitsUint32(value)) doesNotFit('UInt32', value, `element ${index}`);
    this.place.segment.view.setUint32(this.writable(index), value, true);
  }
}

export class Int64List extends List<bigint> {
  static readonly _capnp = { size: SIZE_EIGHT_BYTES };
  override get(index: number): bigint {
    return this.place.segment.view.getBigInt64(this.offset(index), true);
  }
  override set(index: number, value: bigint): void {
    if (!fitsInt64(value)) doesNotFit('Int64', value, `element ${index}`);
    this.place.segment.view.setBigInt64(this.writable(index), value, true);
  }
}

export class Uint64List extends List<bigint> {
  static readonly _capnp = { size: SIZE_EIGHT_BYTES };
  override get(index: number): bigint {
    return this.place.segment.view.getBigUint64(this.offset(index), true);
  }
  override set(index: number, value: bigint): void {
    if (!fitsUint64(value)) doesNotFit('UInt64', value, `element ${index}`);
    this.place.segment.view.setBigUint64(this.writable(index), value, true);
  }
}

export class Float32List extends List<number> {
  static readonly _capnp = { size: SIZE_FOUR_BYTES };
  override get(index: number): number {
    return this.place.segment.view.getFloat32(this.offset(index), true);
  }
  override set(index: number, value: number): void {
    this.place.segment.view.setFloat32(this.writable(index), value, true);
  }
}

export class Float64List extends List<number> {
  static readonly _capnp = { size: SIZE_EIGHT_BYTES };
  override get(index: number): number {
    return this.place.segment.view.getFloat64(this.offset(index), true);
  }
  override set(index: number, value: number): void {
    this.place.segment.view.setFloat64(this.writable(index), value, true);
  }
}
