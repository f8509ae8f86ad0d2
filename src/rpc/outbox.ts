import type { Duplex } from 'node:stream';
import type { Message } from './capnp/message.ts';

/** Segment table of a message of one segment: all we ever send. */
const HEADER_BYTES = 8;

/**
 * Messages on their way to the stream. What is sent during one turn of the event loop leaves in one write, since a
 * system call costs more than several small messages.
 */
export class Outbox {
  readonly #stream: Duplex;
  #parts: Buffer[] = [];
  #pendingBytes = 0;
  #scheduled = false;
  #flushes = 0;
  sentMessages = 0;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** Bytes that wait here or in the stream because the peer does not read. */
  get bufferedBytes(): number {
    return this.#pendingBytes + this.#stream.writableLength;
  }

  /** Grows with each write to the stream: tells whether something queued at an earlier number has left. */
  get flushes(): number {
    return this.#flushes;
  }

  /** Copies the message's bytes, so its buffer may be reused. */
  push(message: Message): number {
    const { bytes, end } = message.first;
    const frame = Buffer.allocUnsafe(HEADER_BYTES + end);
    frame.writeUInt32LE(0, 0);
    frame.writeUInt32LE(end >>> 3, 4);
    bytes.copy(frame, HEADER_BYTES, 0, end);
    this.#parts.push(frame);
    this.#pendingBytes += frame.length;
    this.sentMessages++;
    if (!this.#scheduled) {
      this.#scheduled = true;
      process.nextTick(flushOutbox, this);
    }
    return frame.length;
  }

  flush(): void {
    this.#scheduled = false;
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts, this.#pendingBytes);
    this.#pendingBytes = 0;
    this.#flushes++;
    if (bytes !== undefined && !this.#stream.destroyed && this.#stream.writable) this.#stream.write(bytes);
  }
}

function flushOutbox(outbox: Outbox): void {
  outbox.flush();
}
