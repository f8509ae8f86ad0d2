import type { Message } from './message.ts';

/** A builder never grows beyond this: the 29 bits of a list pointer's count end here, and so does any sane message. */
const MAX_BUILD_BYTES = 512 * 1024 * 1024;

/**
 * A piece of memory that pointers address. `start` and `end` are byte offsets into `view`; several received messages
 * share the view of the chunk they arrived in, so nothing is copied on the way in.
 */
export class Segment {
  readonly message: Message;
  view: DataView;
  bytes: Buffer;
  readonly start: number;
  end: number;
  readonly writable: boolean;

  private constructor(message: Message, bytes: Buffer, view: DataView, start: number, end: number, writable: boolean) {
    this.message = message;
    this.bytes = bytes;
    this.view = view;
    this.start = start;
    this.end = end;
    this.writable = writable;
  }

  static writable(message: Message, { bytes, view }: Memory): Segment {
    return new Segment(message, bytes, view, 0, 0, true);
  }

  static received(message: Message, bytes: Buffer, view: DataView, start: number, end: number): Segment {
    return new Segment(message, bytes, view, start, end, false);
  }

  /** Reserves zeroed bytes (a multiple of 8) and returns their offset. */
  allocate(byteCount: number): number {
    if (!this.writable) throw new TypeError('Cannot write into a received message: copy it into a message of your own');
    const at = this.end;
    const end = at + byteCount;
    if (end > this.bytes.length) this.#grow(end);
    this.end = end;
    return at;
  }

  #grow(needed: number): void {
    if (needed > MAX_BUILD_BYTES) throw new RangeError(`Cannot build message: it exceeds ${MAX_BUILD_BYTES} bytes`);
    const bytes = Buffer.alloc(Math.min(MAX_BUILD_BYTES, Math.max(this.bytes.length * 2, needed)));
    this.bytes.copy(bytes, 0, 0, this.end);
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }
}

/** A piece of memory, seen both ways; making the second view costs more than a small message. */
export type Memory = { readonly bytes: Buffer; readonly view: DataView };

export function memoryOf(bytes: Buffer): Memory {
  return { bytes, view: viewOf(bytes) };
}

export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
