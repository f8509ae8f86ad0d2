import type { Capability, ClientClass, ClientHolder } from '../capability.ts';
import { capabilityAt, setCapabilityAt } from './capability-fields.ts';
import { copyInto } from './copy.ts';
import { Data, dataAt, initDataAt } from './data.ts';
import { emptyList, initListAt, List, type ListClass, listAt } from './list.ts';
import { SIZE_COMPOSITE, SIZE_POINTER } from './object-size.ts';
import { Pointer } from './pointer.ts';
import type { Struct, StructClass } from './struct.ts';
import { textAt, writeText } from './text.ts';

/** Lists whose elements are pointers, and lists of structs. */
const POINTERS = { size: SIZE_POINTER };

export class TextList extends List<string> {
  static readonly _capnp = POINTERS;
  override get(index: number): string {
    return textAt(this.place.segment, this.offset(index) + this.place.dataBytes) ?? '';
  }
  override set(index: number, value: string): void {
    writeText(this.place.segment, this.writable(index), value);
  }
}

export class DataList extends List<Data> {
  static readonly _capnp = POINTERS;
  override get(index: number): Data {
    const at = this.offset(index) + this.place.dataBytes;
    return dataAt(this.place.segment, at) ?? new Data(this.place.segment, 0, 0);
  }
  override set(index: number, value: Data): void {
    initDataAt(this.place.segment, this.writable(index), value.length).copyBuffer(value.toUint8Array());
  }
  override init(index: number, length: number): Data {
    return initDataAt(this.place.segment, this.writable(index), length);
  }
}

export class AnyPointerList extends List<Pointer> {
  static readonly _capnp = POINTERS;
  override get(index: number): Pointer {
    return new Pointer(this.place.segment, this.offset(index) + this.place.dataBytes, this.place.depth);
  }
  override set(index: number, value: Pointer): void {
    copyInto(this.place.segment, this.writable(index), value);
  }
}

const structLists = new WeakMap<object, unknown>();

/** The class of lists of one struct. */
export function CompositeList<T extends Struct>(Class: StructClass<T>): ListClass<T> {
  const known = structLists.get(Class) as ListClass<T> | undefined;
  if (known !== undefined) return known;
  const made = class extends List<T> {
    static readonly _capnp = { size: SIZE_COMPOSITE, compositeSize: Class._capnp.size };
    override get(index: number): T {
      const { segment, dataBytes, pointerCount, depth } = this.place;
      return new Class(segment, this.offset(index), dataBytes, pointerCount, depth);
    }
    override set(index: number, value: T): void {
      this.writable(index);
      copyStructInto(value, this.get(index));
    }
  };
  structLists.set(Class, made);
  return made;
}

/** Copies data and pointers of `from` over `to`; sections `to` has no room for are an error. */
function copyStructInto(from: Struct, to: Struct): void {
  if (from._dataBytes > to._dataBytes || from._pointerCount > to._pointerCount) {
    throw new RangeError('Cannot set an element: the struct is larger than the elements of the list');
  }
  from._segment.bytes.copy(to._segment.bytes, to._data, from._data, from._data + from._dataBytes);
  for (let i = 0; i < from._pointerCount; i++) {
    const source = new Pointer(from._segment, from._pointers + i * 8, from._depth);
    copyInto(to._segment, to._pointers + i * 8, source);
  }
}

/** The class of lists of lists, by the class of the inner list. */
export function PointerList<T>(Inner: ListClass<T>): ListClass<List<T>> {
  return class extends List<List<T>> {
    static readonly _capnp = POINTERS;
    override get(index: number): List<T> {
      const { segment, dataBytes, depth } = this.place;
      return listAt(Inner, segment, this.offset(index) + dataBytes, depth) ?? emptyList(Inner, segment);
    }
    override set(index: number, value: List<T>): void {
      copyInto(this.place.segment, this.writable(index), value);
    }
    override init(index: number, length: number): List<T> {
      return initListAt(Inner, this.place.segment, this.writable(index), length);
    }
  };
}

/** The class of lists of capabilities of one interface. */
export function InterfaceList<C extends ClientHolder>(Client: ClientClass<C>): ListClass<C> {
  return class extends List<C> {
    static readonly _capnp = POINTERS;
    override get(index: number): C {
      const at = this.offset(index) + this.place.dataBytes;
      const cap: Capability = capabilityAt(this.place.segment, at);
      return new Client(cap);
    }
    override set(index: number, value: C): void {
      setCapabilityAt(this.place.segment, this.writable(index), value.client);
    }
  };
}
