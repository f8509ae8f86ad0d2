import type { Capability, Client, ClientClass, ClientHolder } from '../capability.ts';
import { capabilityAt, setCapabilityAt } from './capability-fields.ts';
import { copyInto } from './copy.ts';
import { Data, dataAt, initDataAt } from './data.ts';
import { emptyList, initListAt, type List, type ListClass, listAt } from './list.ts';
import type { Segment } from './segment.ts';
import { initStructAtOffset, type Struct, type StructClass, structAt } from './struct.ts';
import { textAt, writeText } from './text.ts';

/** What may be put into a field of type AnyPointer. */
export type AnyValue = Pointer | Struct | List<unknown> | Data | Uint8Array | string | ClientHolder;

/** A field of type AnyPointer: the caller says what it takes it for. */
export class Pointer {
  readonly segment: Segment;
  readonly at: number;
  readonly depth: number;

  constructor(segment: Segment, at: number, depth: number) {
    this.segment = segment;
    this.at = at;
    this.depth = depth;
  }

  get isNull(): boolean {
    return this.at < 0 || this.segment.view.getBigUint64(this.at, true) === 0n;
  }

  asStruct<T extends Struct>(Class: StructClass<T>): T {
    return structAt(Class, this.segment, this.at, this.depth) ?? new Class(this.segment, 0, 0, 0, 0);
  }

  asList<T>(Class: ListClass<T>): List<T> {
    return listAt(Class, this.segment, this.at, this.depth) ?? emptyList(Class, this.segment);
  }

  asText(): string {
    return textAt(this.segment, this.at) ?? '';
  }

  asData(): Data {
    return dataAt(this.segment, this.at) ?? new Data(this.segment, 0, 0);
  }

  asCapability(): Capability {
    return capabilityAt(this.segment, this.at);
  }

  asClient<C extends ClientHolder>(interfaceClass: { readonly Client: ClientClass<C> }): C {
    return new interfaceClass.Client(this.asCapability());
  }

  initStruct<T extends Struct>(Class: StructClass<T>): T {
    return initStructAtOffset(Class, this.segment, this.#writable());
  }

  initList<T>(Class: ListClass<T>, length: number): List<T> {
    return initListAt(Class, this.segment, this.#writable(), length);
  }

  initData(length: number): Data {
    return initDataAt(this.segment, this.#writable(), length);
  }

  setText(value: string): void {
    writeText(this.segment, this.#writable(), value);
  }

  setClient(client: Client): void {
    setCapabilityAt(this.segment, this.#writable(), client);
  }

  /** Copies any value, capabilities included. */
  set(value: AnyValue): void {
    copyInto(this.segment, this.#writable(), value);
  }

  #writable(): number {
    if (this.at < 0) throw new RangeError('Cannot write pointer: the struct has no room for it');
    return this.at;
  }
}
