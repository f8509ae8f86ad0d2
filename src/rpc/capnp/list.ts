import { checkTarget, KIND_LIST, locate, target } from './locate.ts';
import { ELEMENT_BITS, type ObjectSize, SIZE_BIT, SIZE_COMPOSITE, SIZE_POINTER, SIZE_VOID } from './object-size.ts';
import type { Segment } from './segment.ts';
import { writeStructPointer } from './struct.ts';
import { writeListPointer } from './text.ts';

/** Where the elements of a list lie. */
export type ListPlace = {
  readonly segment: Segment;
  readonly content: number;
  readonly length: number;
  /** Bytes from one element to the next; 0 for bits and voids. */
  readonly step: number;
  /** Sections of one element, as a struct sees it. */
  readonly dataBytes: number;
  readonly pointerCount: number;
  readonly depth: number;
};

/** What knows how to read lists of one element type. */
export type ListClass<T> = {
  readonly _capnp: { readonly size: number; readonly compositeSize?: ObjectSize };
  new (place: ListPlace): List<T>;
};
/** The name generated code uses. */
export type ListCtor<T> = ListClass<T>;

/** A list inside a message, read and written in place. Indexes beyond its length are a RangeError. */
export abstract class List<T> implements Iterable<T> {
  protected readonly place: ListPlace;

  constructor(place: ListPlace) {
    this.place = place;
  }

  get length(): number {
    return this.place.length;
  }

  abstract get(index: number): T;

  /** How the elements lie in memory, for copying the whole list. */
  encoding(): { readonly place: ListPlace; readonly elementSize: number } {
    const { _capnp } = this.constructor as unknown as ListClass<T>;
    return { place: this.place, elementSize: _capnp.size };
  }

  set(_index: number, _value: T): void {
    throw new TypeError('Cannot set an element of this list: write into the element instead');
  }

  /** Lists of lists, in a message being built: makes element `index` a list of `length` elements. */
  init(_index: number, _length: number): T {
    throw new TypeError('Cannot init an element: only lists of lists and of data have such elements');
  }

  at(index: number): T {
    return this.get(index < 0 ? this.length + index : index);
  }

  /** Offset of element `index`. */
  protected offset(index: number): number {
    if (!(index >= 0 && index < this.place.length)) {
      throw new RangeError(`Cannot read element ${index}: the list has ${this.place.length}`);
    }
    return this.place.content + index * this.place.step;
  }

  /** Offset of element `index` for writing. */
  protected writable(index: number): number {
    if (!this.place.segment.writable) throw new TypeError('Cannot write into a received message');
    return this.offset(index);
  }

  toArray(): T[] {
    const all: T[] = [];
    for (let i = 0; i < this.length; i++) all.push(this.get(i));
    return all;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }

  map<R>(fn: (value: T, index: number) => R): R[] {
    const all: R[] = [];
    for (let i = 0; i < this.length; i++) all.push(fn(this.get(i), i));
    return all;
  }

  forEach(fn: (value: T, index: number) => void): void {
    for (let i = 0; i < this.length; i++) fn(this.get(i), i);
  }

  filter(fn: (value: T, index: number) => boolean): T[] {
    return this.toArray().filter(fn);
  }

  find(fn: (value: T, index: number) => boolean): T | undefined {
    return this.toArray().find(fn);
  }

  some(fn: (value: T, index: number) => boolean): boolean {
    return this.toArray().some(fn);
  }

  every(fn: (value: T, index: number) => boolean): boolean {
    return this.toArray().every(fn);
  }
}

/** Follows the pointer at `at` to a list; undefined when it is null. */
export function listAt<T>(Class: ListClass<T>, segment: Segment, at: number, depth: number): List<T> | undefined {
  if (at < 0 || !locate(segment, at)) return undefined;
  const message = target.segment.message;
  if (target.kind !== KIND_LIST) message.malformed('Cannot read list: the pointer is of another kind');
  if (depth <= 0) message.malformed('Cannot read message: nesting limit exceeded');
  const size = target.high & 7;
  const place = size === SIZE_COMPOSITE ? compositePlace(depth - 1) : flatPlace(size, depth - 1);
  checkElements(Class._capnp.size, size, place);
  return new Class(place);
}

function flatPlace(size: number, depth: number): ListPlace {
  const { segment, content } = target;
  const length = target.high >>> 3;
  const bits = ELEMENT_BITS[size] ?? 0;
  const bytes = Math.ceil((length * bits) / 8);
  checkTarget(bytes);
  // Elements without size cost nothing on the wire, so they are counted one by one.
  segment.message.charge(1 + (bits === 0 ? length : (bytes + 7) >>> 3));
  const pointers = size === SIZE_POINTER ? 1 : 0;
  const step = bits >>> 3;
  return { segment, content, length, step, dataBytes: pointers === 1 ? 0 : step, pointerCount: pointers, depth };
}

function compositePlace(depth: number): ListPlace {
  const { segment, content } = target;
  const words = target.high >>> 3;
  checkTarget(8 + words * 8);
  const low = segment.view.getUint32(content, true);
  const high = segment.view.getUint32(content + 4, true);
  if ((low & 3) !== 0) segment.message.malformed('Cannot read list of structs: its tag is not a struct');
  const length = low >>> 2;
  const dataBytes = (high & 0xffff) * 8;
  const pointerCount = high >>> 16;
  const step = dataBytes + pointerCount * 8;
  if (length * step > words * 8) segment.message.malformed('Cannot read list of structs: it exceeds its words');
  segment.message.charge(2 + (step === 0 ? length : words));
  return { segment, content: content + 8, length, step, dataBytes, pointerCount, depth };
}

/** A list may be read as one of smaller elements or as structs, never as bits or pointers it does not hold. */
function checkElements(wanted: number, found: number, place: ListPlace): void {
  const { message } = place.segment;
  const wrong = (): never => message.malformed(`Cannot read list: element size ${found} where ${wanted} is meant`);
  if (wanted === SIZE_VOID) return;
  if (wanted === SIZE_COMPOSITE) {
    if (found === SIZE_BIT) wrong();
  } else if (wanted === SIZE_BIT || found === SIZE_BIT) {
    if (wanted !== found) wrong();
  } else if (wanted === SIZE_POINTER) {
    if (place.pointerCount === 0 && place.length > 0) wrong();
  } else if (place.dataBytes * 8 < (ELEMENT_BITS[wanted] ?? 0) && place.length > 0) wrong();
}

/** Allocates a list and points the pointer at `at` to it. */
export function initListAt<T>(Class: ListClass<T>, segment: Segment, at: number, length: number): List<T> {
  const depth = segment.message.nesting;
  const { size, compositeSize } = Class._capnp;
  if (compositeSize !== undefined) {
    const { dataBytes, pointerCount, bytes } = compositeSize;
    const tag = segment.allocate(8 + bytes * length);
    writeStructPointer(segment, tag, tag, dataBytes, pointerCount);
    segment.view.setUint32(tag, (length << 2) >>> 0, true);
    writeListPointer(segment, at, tag, SIZE_COMPOSITE, (bytes >>> 3) * length);
    return new Class({ segment, content: tag + 8, length, step: bytes, dataBytes, pointerCount, depth });
  }
  const bits = ELEMENT_BITS[size] ?? 0;
  const content = segment.allocate((Math.ceil((length * bits) / 8) + 7) & ~7);
  writeListPointer(segment, at, content, size, length);
  const pointerCount = size === SIZE_POINTER ? 1 : 0;
  const step = bits >>> 3;
  return new Class({ segment, content, length, step, dataBytes: pointerCount === 1 ? 0 : step, pointerCount, depth });
}

/** A list of no elements, for a null pointer. */
export function emptyList<T>(Class: ListClass<T>, segment: Segment): List<T> {
  return new Class({ segment, content: 0, length: 0, step: 0, dataBytes: 0, pointerCount: 0, depth: 0 });
}
