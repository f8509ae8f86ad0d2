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
import type { Struct } from './struct.ts';

/**
 * Fields of a struct's data section. A default is stored XORed away, so `mask` turns the stored bits into the value;
 * a field the sender did not know reads as its default. Generated code hands in the name of a field for its errors.
 */
const scratch = new DataView(new ArrayBuffer(8));

function place(offset: number, size: number, s: Struct): number {
  if (offset + size > s._dataBytes)
    throw new RangeError(`Cannot write field: the struct has no data at byte ${offset}`);
  if (!s._segment.writable) throw new TypeError('Cannot write into a received message: copy it into one of your own');
  return s._data + offset;
}

function fieldOf(s: Struct, field: string): string {
  return `${s.constructor.name}.${field}`;
}

export function getBit(bit: number, s: Struct, mask = false): boolean {
  const offset = bit >>> 3;
  if (offset >= s._dataBytes) return mask;
  return ((s._segment.view.getUint8(s._data + offset) & (1 << (bit & 7))) !== 0) !== mask;
}
export function setBit(bit: number, value: boolean, s: Struct, mask = false): void {
  const at = place(bit >>> 3, 1, s);
  const old = s._segment.view.getUint8(at);
  const flag = 1 << (bit & 7);
  s._segment.view.setUint8(at, value !== mask ? old | flag : old & ~flag);
}
export function getUint8(offset: number, s: Struct, mask = 0): number {
  return offset < s._dataBytes ? s._segment.view.getUint8(s._data + offset) ^ mask : mask;
}
export function setUint8(offset: number, value: number, s: Struct, mask = 0, field = ''): void {
  if (!fitsUint8(value)) doesNotFit('UInt8', value, fieldOf(s, field));
  s._segment.view.setUint8(place(offset, 1, s), value ^ mask);
}
export function getInt8(offset: number, s: Struct, mask = 0): number {
  return (getUint8(offset, s, mask & 0xff) << 24) >> 24;
}
export function setInt8(offset: number, value: number, s: Struct, mask = 0, field = ''): void {
  if (!fitsInt8(value)) doesNotFit('Int8', value, fieldOf(s, field));
  s._segment.view.setInt8(place(offset, 1, s), value ^ mask);
}
export function getUint16(offset: number, s: Struct, mask = 0): number {
  return offset + 2 <= s._dataBytes ? s._segment.view.getUint16(s._data + offset, true) ^ mask : mask;
}
export function setUint16(offset: number, value: number, s: Struct, mask = 0, field = ''): void {
  if (!fitsUint16(value)) doesNotFit('UInt16', value, fieldOf(s, field));
  s._segment.view.setUint16(place(offset, 2, s), value ^ mask, true);
}
export function getInt16(offset: number, s: Struct, mask = 0): number {
  return (getUint16(offset, s, mask & 0xffff) << 16) >> 16;
}
export function setInt16(offset: number, value: number, s: Struct, mask = 0, field = ''): void {
  if (!fitsInt16(value)) doesNotFit('Int16', value, fieldOf(s, field));
  s._segment.view.setInt16(place(offset, 2, s), value ^ mask, true);
}
export function getInt32(offset: number, s: Struct, mask = 0): number {
  return offset + 4 <= s._dataBytes ? s._segment.view.getInt32(s._data + offset, true) ^ mask : mask | 0;
}
export function setInt32(offset: number, value: number, s: Struct, mask = 0, field = ''): void {
  if (!fitsInt32(value)) doesNotFit('Int32', value, fieldOf(s, field));
  s._segment.view.setInt32(place(offset, 4, s), value ^ mask, true);
}
export function getUint32(offset: number, s: Struct, mask = 0): number {
  return (offset + 4 <= s._dataBytes ? s._segment.view.getUint32(s._data + offset, true) ^ mask : mask) >>> 0;
}
export function setUint32(offset: number, value: number, s: Struct, mask = 0, field = ''): void {
  if (!fitsUint32(value)) doesNotFit('UInt32', value, fieldOf(s, field));
  s._segment.view.setUint32(place(offset, 4, s), value ^ mask, true);
}
export function getUint64(offset: number, s: Struct, mask = 0n): bigint {
  if (offset + 8 > s._dataBytes) return mask;
  const stored = s._segment.view.getBigUint64(s._data + offset, true);
  return mask === 0n ? stored : stored ^ mask;
}
export function setUint64(offset: number, value: bigint, s: Struct, mask = 0n, field = ''): void {
  if (!fitsUint64(value)) doesNotFit('UInt64', value, fieldOf(s, field));
  s._segment.view.setBigUint64(place(offset, 8, s), mask === 0n ? value : value ^ mask, true);
}
export function getInt64(offset: number, s: Struct, mask = 0n): bigint {
  if (offset + 8 > s._dataBytes) return mask;
  const stored = s._segment.view.getBigInt64(s._data + offset, true);
  return mask === 0n ? stored : stored ^ mask;
}
export function setInt64(offset: number, value: bigint, s: Struct, mask = 0n, field = ''): void {
  if (!fitsInt64(value)) doesNotFit('Int64', value, fieldOf(s, field));
  s._segment.view.setBigInt64(place(offset, 8, s), mask === 0n ? value : value ^ mask, true);
}
/** Float masks are the default's bits as an integer. */
export function getFloat32(offset: number, s: Struct, mask = 0): number {
  if (mask === 0) return offset + 4 <= s._dataBytes ? s._segment.view.getFloat32(s._data + offset, true) : 0;
  scratch.setUint32(0, getUint32(offset, s, mask), true);
  return scratch.getFloat32(0, true);
}
export function setFloat32(offset: number, value: number, s: Struct, mask = 0): void {
  scratch.setFloat32(0, value, true);
  setUint32(offset, scratch.getUint32(0, true), s, mask);
}
export function getFloat64(offset: number, s: Struct, mask = 0n): number {
  if (mask === 0n) return offset + 8 <= s._dataBytes ? s._segment.view.getFloat64(s._data + offset, true) : 0;
  scratch.setBigUint64(0, getUint64(offset, s, mask), true);
  return scratch.getFloat64(0, true);
}
export function setFloat64(offset: number, value: number, s: Struct, mask = 0n): void {
  if (mask === 0n) {
    s._segment.view.setFloat64(place(offset, 8, s), value, true);
    return;
  }
  scratch.setFloat64(0, value, true);
  setUint64(offset, scratch.getBigUint64(0, true), s, mask);
}
