import type { Message } from './capnp/message.ts';

/** Most buffers kept, and the largest worth keeping: 4 MiB in all. */
const MAX_KEPT = 256;
const MAX_KEPT_BYTES = 16 * 1024;
const FRESH_BYTES = 1024;

const EMPTY = Buffer.alloc(0);
const EMPTY_VIEW = new DataView(EMPTY.buffer, 0, 0);
const kept: Buffer[] = [];

/** A zeroed buffer to build a message in. */
export function takeBuffer(): Buffer {
  return kept.pop() ?? Buffer.alloc(FRESH_BYTES);
}

/** Takes the buffer of a message that has been sent. Whoever still holds a part of it can write no more. */
export function recycle(message: Message): void {
  const segment = message.first;
  const { bytes, end } = segment;
  segment.bytes = EMPTY;
  segment.view = EMPTY_VIEW;
  if (kept.length >= MAX_KEPT || bytes.length > MAX_KEPT_BYTES) return;
  bytes.fill(0, 0, end);
  kept.push(bytes);
}
