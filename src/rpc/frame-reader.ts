import type { MalformedMessageError } from './capnp/malformed-message-error.ts';
import { Message } from './capnp/message.ts';
import { Segment, viewOf } from './capnp/segment.ts';
import type { RpcLimits } from './limits.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Cuts a byte stream into messages (the "serialization over a stream" framing of the encoding spec). A message that
 * lies in one chunk is read where it is; only one that spans chunks is copied.
 */
export class FrameReader {
  readonly #limits: RpcLimits;
  readonly #onMalformed: (error: MalformedMessageError) => void;
  /** The beginning of a message that is not complete, with room to grow. */
  #partial: Buffer = NOTHING;
  #have = 0;
  /** Bytes needed before looking again. */
  #need = 8;

  constructor(limits: RpcLimits, onMalformed: (error: MalformedMessageError) => void) {
    this.#limits = limits;
    this.#onMalformed = onMalformed;
  }

  /** True when the stream may end here. */
  get atBoundary(): boolean {
    return this.#have === 0;
  }

  /** Hands every complete message to `deliver`, in order, until it answers false. */
  feed(chunk: Buffer, deliver: (message: Message, byteCount: number) => boolean): void {
    let bytes = chunk;
    if (this.#have > 0) {
      this.#append(chunk);
      if (this.#have < this.#need) return;
      bytes = this.#partial.subarray(0, this.#have);
    }
    const view = viewOf(bytes);
    let at = 0;
    while (bytes.length - at >= 8) {
      const size = this.#frameSize(view, at, bytes.length - at);
      this.#need = size;
      if (bytes.length - at < size) break;
      const message = this.#message(bytes, view, at);
      at += size;
      this.#need = 8;
      if (!deliver(message, size)) return;
    }
    this.#have = bytes.length - at;
    if (this.#have === 0) this.#partial = NOTHING;
    else if (at > 0 || bytes === chunk) this.#partial = bytes.subarray(at);
    if (this.#have < 8) this.#need = 8;
  }

  /**
   * Grows by doubling: what has come, not what a header promises, decides how much memory is held, and a message that
   * comes byte by byte is not copied over and over.
   */
  #append(chunk: Buffer): void {
    const have = this.#have + chunk.length;
    if (have > this.#partial.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(have, Math.min(this.#need, 2 * have)));
      this.#partial.copy(grown, 0, 0, this.#have);
      this.#partial = grown;
    }
    chunk.copy(this.#partial, this.#have);
    this.#have = have;
  }

  /** Bytes of the frame that starts at `at`, or of its segment table while that is incomplete. */
  #frameSize(view: DataView, at: number, available: number): number {
    const segments = view.getUint32(at, true) + 1;
    if (segments > this.#limits.segments) {
      throw new RangeError(`Cannot read message: it has ${segments} segments, the limit is ${this.#limits.segments}`);
    }
    const header = tableBytes(segments);
    if (available < header) return header;
    let total = header;
    for (let i = 0; i < segments; i++) total += view.getUint32(at + 4 + i * 4, true) * 8;
    if (total > this.#limits.frameBytes) {
      throw new RangeError(`Cannot read message: it has ${total} bytes, the limit is ${this.#limits.frameBytes}`);
    }
    if (view.getUint32(at + 4, true) === 0) throw new RangeError('Cannot read message: its first segment is empty');
    return total;
  }

  #message(bytes: Buffer, view: DataView, at: number): Message {
    const message = new Message(this.#limits, this.#onMalformed);
    const segments = view.getUint32(at, true) + 1;
    let start = at + tableBytes(segments);
    for (let i = 0; i < segments; i++) {
      const end = start + view.getUint32(at + 4 + i * 4, true) * 8;
      message.segments.push(Segment.received(message, bytes, view, start, end));
      start = end;
    }
    return message;
  }
}

/** Bytes of the segment table: a count, a size per segment, padded to a word. */
export function tableBytes(segments: number): number {
  return (4 + 4 * segments + 7) & ~7;
}
