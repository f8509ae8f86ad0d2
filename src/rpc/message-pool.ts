import type { Message } from './capnp/message.ts';
import { type Memory, memoryOf } from './capnp/segment.ts';

/** Most buffers kept, and the largest worth keeping: 4 MiB in all. */
const MAX_KEPT = 256;
const MAX_KEPT_BYTES = 16 * 1024;
const FRESH_BYTES = 1024;

const fillBytes = Uint8Array.prototype.fill;

const EMPTY = memoryOf(Buffer.alloc(0));
const kept: Memory[] = [];

/** Zeroed memory to build a message in. */
export function takeMemory(): Memory {
  return kept.pop() ?? memoryOf(Buffer.alloc(FRESH_BYTES));
}

/** Takes the buffer of a message that has been sent. Whoever still holds a part of it can write no more. */
export function recycle(message: Message): void {
  const segment = message.first;
  const { bytes, view, end } = segment;
  segment.bytes = EMPTY.bytes;
  segment.view = EMPTY.view;
  if (kept.length >= MAX_KEPT || bytes.length > MAX_KEPT_BYTES) return;
  // The typed array's own fill: Buffer's looks at its arguments for longer than a small message takes to clear.
  fillBytes.call(bytes, 0, 0, end);
  kept.push({ bytes, view });
}
