import type { ClientHolder } from '../capability.ts';
import { capabilityIndexAt, setCapabilityAt } from './capability-fields.ts';
import { Data, initDataAt } from './data.ts';
import type { List, ListPlace } from './list.ts';
import { checkTarget, KIND_LIST, KIND_OTHER, KIND_STRUCT, locate, target } from './locate.ts';
import { ELEMENT_BITS, SIZE_COMPOSITE, SIZE_POINTER } from './object-size.ts';
import type { Segment } from './segment.ts';
import { Struct, writeStructPointer } from './struct.ts';
import { writeListPointer, writeText } from './text.ts';

type AnySource = {
  readonly segment: Segment;
  readonly at: number;
  readonly depth: number;
  readonly isNull: boolean;
};
export type Copyable = AnySource | Struct | List<unknown> | Data | Uint8Array | string | ClientHolder;

/**
 * Deep copy of any value into the pointer at `at`. Everything is bounds-checked on the way, since the source may be a
 * received message; capabilities are put into the destination's table.
 */
export function copyInto(to: Segment, at: number, value: Copyable): void {
  if (typeof value === 'string') writeText(to, at, value);
  else if (value instanceof Uint8Array) initDataAt(to, at, value.length).copyBuffer(value);
  else if (value instanceof Data) initDataAt(to, at, value.length).copyBuffer(value.toUint8Array());
  else if (value instanceof Struct) copyStruct(to, at, value, value._depth);
  else if ('client' in value) setCapabilityAt(to, at, value.client);
  else if (isPointer(value)) copyPointer(to, at, value.segment, value.at, value.depth);
  else copyList(to, at, value as List<unknown>);
}

function isPointer(value: AnySource | List<unknown>): value is AnySource {
  return 'isNull' in value;
}

function copyPointer(to: Segment, at: number, from: Segment, source: number, depth: number): void {
  if (source < 0 || !locate(from, source)) {
    to.view.setBigUint64(at, 0n, true);
    return;
  }
  const { segment, kind, high, content } = target;
  if (kind === KIND_OTHER) {
    copyCapability(to, at, from, source);
    return;
  }
  if (depth <= 0) from.message.malformed('Cannot copy message: nesting limit exceeded');
  if (kind === KIND_STRUCT) {
    const dataBytes = (high & 0xffff) * 8;
    const pointerCount = high >>> 16;
    checkTarget(dataBytes + pointerCount * 8);
    segment.message.charge(1 + (dataBytes >>> 3) + pointerCount);
    copyStruct(to, at, new Struct(segment, content, dataBytes, pointerCount, depth), depth - 1);
  } else if (kind === KIND_LIST) copyListPointer(to, at, high, depth - 1);
}

function copyCapability(to: Segment, at: number, from: Segment, source: number): void {
  const cap = from.message.cap(capabilityIndexAt(from, source));
  if (cap === undefined || cap === null) to.view.setBigUint64(at, 0n, true);
  else setCapabilityAt(to, at, cap);
}

/** Pointers are relative, so a struct with all that it reaches moves as one block of bytes. */
function copyFrozen(to: Segment, at: number, s: Struct): void {
  const from = s._segment;
  const data = to.allocate(from.end - s._data);
  from.bytes.copy(to.bytes, data, s._data, from.end);
  writeStructPointer(to, at, data, s._dataBytes, s._pointerCount);
}

/** Bytes of the root pointer, behind which the root of a message of one value lies. */
const ROOT_BYTES = 8;

function copyStruct(to: Segment, at: number, s: Struct, depth: number): void {
  if (s._segment.message.frozen && s._data === ROOT_BYTES) {
    copyFrozen(to, at, s);
    return;
  }
  const dataBytes = (s._dataBytes + 7) & ~7;
  const data = to.allocate(dataBytes + s._pointerCount * 8);
  s._segment.bytes.copy(to.bytes, data, s._data, s._data + s._dataBytes);
  writeStructPointer(to, at, data, dataBytes, s._pointerCount);
  for (let i = 0; i < s._pointerCount; i++) {
    copyPointer(to, data + dataBytes + i * 8, s._segment, s._pointers + i * 8, depth);
  }
}

/** Copies the list whose pointer `locate` has just followed. */
function copyListPointer(to: Segment, at: number, high: number, depth: number): void {
  const { segment, content } = target;
  const { message } = segment;
  const size = high & 7;
  const count = high >>> 3;
  if (size === SIZE_COMPOSITE) {
    checkTarget(8 + count * 8);
    const low = segment.view.getUint32(content, true);
    const tag = segment.view.getUint32(content + 4, true);
    const dataBytes = (tag & 0xffff) * 8;
    const pointerCount = tag >>> 16;
    const step = dataBytes + pointerCount * 8;
    const length = low >>> 2;
    if ((low & 3) !== 0 || length * step > count * 8)
      message.malformed('Cannot copy list of structs: its tag is wrong');
    message.charge(2 + (step === 0 ? length : count));
    copyElements(to, at, { segment, content: content + 8, length, step, dataBytes, pointerCount, depth }, true);
    return;
  }
  const bits = ELEMENT_BITS[size] ?? 0;
  const bytes = Math.ceil((count * bits) / 8);
  checkTarget(bytes);
  message.charge(1 + (bits === 0 ? count : (bytes + 7) >>> 3));
  if (size === SIZE_POINTER) {
    const place = { segment, content, length: count, step: 8, dataBytes: 0, pointerCount: 1, depth };
    copyElements(to, at, place, false);
    return;
  }
  const copied = to.allocate((bytes + 7) & ~7);
  segment.bytes.copy(to.bytes, copied, content, content + bytes);
  writeListPointer(to, at, copied, size, count);
}

function copyElements(to: Segment, at: number, place: ListPlace, composite: boolean): void {
  const { segment, content, length, step, dataBytes, pointerCount, depth } = place;
  let copied = to.allocate(step * length + (composite ? 8 : 0));
  if (composite) {
    writeStructPointer(to, copied, copied, dataBytes, pointerCount);
    to.view.setUint32(copied, (length << 2) >>> 0, true);
    writeListPointer(to, at, copied, SIZE_COMPOSITE, (step >>> 3) * length);
    copied += 8;
  } else writeListPointer(to, at, copied, SIZE_POINTER, length);
  for (let i = 0; i < length; i++) {
    const source = content + i * step;
    const dest = copied + i * step;
    segment.bytes.copy(to.bytes, dest, source, source + dataBytes);
    for (let p = 0; p < pointerCount; p++) {
      copyPointer(to, dest + dataBytes + p * 8, segment, source + dataBytes + p * 8, depth);
    }
  }
}

/** Copies a list object; its elements keep the encoding they have. */
function copyList(to: Segment, at: number, list: List<unknown>): void {
  const { place, elementSize } = list.encoding();
  const { segment, content, length, step, dataBytes, pointerCount } = place;
  if (elementSize === SIZE_COMPOSITE && (step & 7) === 0) copyElements(to, at, place, true);
  else if (pointerCount === 1 && dataBytes === 0) copyElements(to, at, place, false);
  else {
    const bits = ELEMENT_BITS[elementSize] ?? 0;
    const bytes = Math.ceil((length * bits) / 8);
    if (step !== bits >>> 3)
      throw new TypeError('Cannot copy list: it was sent with larger elements; copy them singly');
    const copied = to.allocate((bytes + 7) & ~7);
    segment.bytes.copy(to.bytes, copied, content, content + bytes);
    writeListPointer(to, at, copied, elementSize, length);
  }
}
