// biome-ignore-all lint/performance/noBarrelFile: generated code imports one namespace, this file is that namespace
import type { Capability, ClientHolder } from '../capability.ts';
import { capabilityAt, setCapabilityAt } from './capability-fields.ts';
import { copyInto } from './copy.ts';
import { Data, dataAt, initDataAt } from './data.ts';
import * as fields from './data-fields.ts';
import { emptyList, initListAt, type List, type ListClass, listAt } from './list.ts';
import { type AnyValue, Pointer } from './pointer.ts';
import { initStructAtOffset, pointerAt, type Struct, type StructClass, structAt, writablePointerAt } from './struct.ts';
import { textAt, writeText } from './text.ts';

/** What the code that `capnp-es` generates is written against. Only generated files import this one. */
export type { CallOptions, Client, ClientHolder, InterfaceClass } from '../capability.ts';
export { dup } from '../dup.ts';
export type { Answer, Method } from '../hook.ts';
export { Pipeline } from '../pipeline.ts';
export { type CallContext, Server } from '../server.ts';
export { callStream } from '../streaming.ts';
export { Data } from './data.ts';
export * from './defaults.ts';
export type { List, ListCtor } from './list.ts';
export { ObjectSize } from './object-size.ts';
export { type AnyValue, Pointer } from './pointer.ts';
export * from './pointer-lists.ts';
export * from './scalar-lists.ts';
export { Struct } from './struct.ts';
export type { UnknownMember } from './unknown-member.ts';

/** The parent of generated interface classes: they are names, never instances. */
export class Interface {
  toString(): string {
    return '[interface]';
  }
}

function getPointer(index: number, s: Struct): Pointer {
  return new Pointer(s._segment, pointerAt(index, s), s._depth);
}

function getText(index: number, s: Struct, defaultValue = ''): string {
  return textAt(s._segment, pointerAt(index, s)) ?? defaultValue;
}

function setText(index: number, value: string, s: Struct): void {
  writeText(s._segment, writablePointerAt(index, s), value);
}

function getData(index: number, s: Struct, defaultValue?: Pointer): Data {
  return dataAt(s._segment, pointerAt(index, s)) ?? defaultValue?.asData() ?? new Data(s._segment, 0, 0);
}

function initData(index: number, length: number, s: Struct): Data {
  return initDataAt(s._segment, writablePointerAt(index, s), length);
}

/** In a message being built, a struct field that is read comes into being, so that it can be written into. */
function getStruct<T extends Struct>(index: number, Class: StructClass<T>, s: Struct, defaultValue?: Pointer): T {
  const found = structAt(Class, s._segment, pointerAt(index, s), s._depth);
  if (found !== undefined) return found;
  if (!s._segment.writable) return defaultValue?.asStruct(Class) ?? new Class(s._segment, 0, 0, 0, 0);
  if (defaultValue === undefined) return initStructAt(index, Class, s);
  copyInto(s._segment, writablePointerAt(index, s), defaultValue);
  return structAt(Class, s._segment, pointerAt(index, s), s._depth) ?? initStructAt(index, Class, s);
}

function initStructAt<T extends Struct>(index: number, Class: StructClass<T>, s: Struct): T {
  return initStructAtOffset(Class, s._segment, writablePointerAt(index, s));
}

function getList<T>(index: number, Class: ListClass<T>, s: Struct, defaultValue?: Pointer): List<T> {
  const found = listAt(Class, s._segment, pointerAt(index, s), s._depth);
  return found ?? defaultValue?.asList(Class) ?? emptyList(Class, s._segment);
}

function initList<T>(index: number, Class: ListClass<T>, length: number, s: Struct): List<T> {
  return initListAt(Class, s._segment, writablePointerAt(index, s), length);
}

/** The same place seen as another struct: how groups are read. */
function getAs<T extends Struct>(Class: StructClass<T>, s: Struct): T {
  return new Class(s._segment, s._data, s._dataBytes, s._pointerCount, s._depth);
}

function copyFrom(value: AnyValue | List<unknown>, to: Pointer): void {
  to.set(value as AnyValue);
}

function testWhich(name: string, found: number, wanted: number, s: Struct): void {
  if (found !== wanted) {
    throw new TypeError(`Cannot read ${s.constructor.name}.${name}: the union holds member ${found}, not ${wanted}`);
  }
}

function getCapability(index: number, s: Struct): Capability {
  return capabilityAt(s._segment, pointerAt(index, s));
}

function setCapability(index: number, value: ClientHolder, s: Struct): void {
  setCapabilityAt(s._segment, writablePointerAt(index, s), value.client);
}

function isNull(pointer: Pointer): boolean {
  return pointer.isNull;
}

export const utils = {
  ...fields,
  getPointer,
  getText,
  setText,
  getData,
  initData,
  getStruct,
  initStructAt,
  getList,
  initList,
  getAs,
  copyFrom,
  testWhich,
  getCapability,
  setCapability,
  isNull,
};
