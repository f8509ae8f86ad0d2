import type { Capability } from '../capability.ts';
import { RpcError } from '../rpc-error.ts';
import { MalformedMessageError } from './malformed-message-error.ts';
import { type Memory, memoryOf, Segment } from './segment.ts';

/** Limits of reading one message; they bound the work a peer can cause with few bytes. */
export type ReadLimits = {
  /** Words that may be followed through pointers in one message, repeated visits counted. */
  readonly traversalWords: number;
  /** Pointers that may be followed one inside the other. */
  readonly nesting: number;
};

/** A message built here is trusted: only memory bounds it. */
const UNLIMITED: ReadLimits = { traversalWords: Number.POSITIVE_INFINITY, nesting: 1 << 30 };

/** First buffer of a builder: large enough for nearly every call without growing. */
const FIRST_BUFFER_BYTES = 1024;

/**
 * A Cap'n Proto message: its segments and the capabilities its interface pointers index.
 * A message is either built here (one growing segment) or received (any number of read-only segments).
 */
export class Message {
  readonly segments: Segment[] = [];
  /** Index = the number in an interface pointer. `null` is a null capability. */
  caps: (Capability | null)[] = [];
  readonly nesting: number;
  /** Holds one value that is complete and has no capabilities: its bytes may be copied in one piece. */
  frozen = false;
  #wordsLeft: number;
  #capsReleased = false;
  /** Told once when reading finds the message malformed, so that its connection can be aborted. */
  readonly #onMalformed: ((error: MalformedMessageError) => void) | undefined;

  constructor(limits: ReadLimits = UNLIMITED, onMalformed?: (error: MalformedMessageError) => void) {
    this.nesting = limits.nesting;
    this.#wordsLeft = limits.traversalWords;
    this.#onMalformed = onMalformed;
  }

  /** A message to write into. `memory` may hand in zeroed memory to reuse. */
  static build(memory: Memory = memoryOf(Buffer.alloc(FIRST_BUFFER_BYTES))): Message {
    const message = new Message();
    message.segments.push(Segment.writable(message, memory));
    return message;
  }

  /** The first segment; a message without one cannot exist, the frame reader refuses it. */
  get first(): Segment {
    const segment = this.segments[0];
    return segment ?? this.malformed('Cannot read message: it has no segment');
  }

  segment(id: number): Segment {
    return this.segments[id] ?? this.malformed(`Cannot follow far pointer: the message has no segment ${id}`);
  }

  /** Nothing will be written into this message any more. */
  freeze(): void {
    if (this.caps.length > 0) throw new TypeError('Cannot freeze a message that holds capabilities');
    this.frozen = true;
  }

  /** What an interface pointer with this index names. Once released it is an error to ask: nothing would answer. */
  cap(index: number): Capability | null | undefined {
    if (!this.#capsReleased) return this.caps[index];
    throw new RpcError(
      'failed',
      'Cannot read capability: it was released when its call ended; before that, dup() it or keep() the struct it is in',
    );
  }

  /** Counts words reached through a pointer against the traversal limit. */
  charge(words: number): void {
    this.#wordsLeft -= words;
    if (this.#wordsLeft < 0) this.malformed('Cannot read message: traversal limit exceeded');
  }

  /** Reports the message as malformed and throws. */
  malformed(reason: string): never {
    const error = new MalformedMessageError(reason);
    this.#onMalformed?.(error);
    throw error;
  }

  /** Releases what the capability table holds; later calls through those capabilities fail. */
  releaseCaps(): void {
    if (this.caps.length === 0) return;
    const caps = this.caps;
    this.caps = [];
    this.#capsReleased = true;
    for (const cap of caps) cap?.close();
  }
}
