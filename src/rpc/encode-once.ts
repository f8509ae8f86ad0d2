import { initStructAtOffset, type Struct, type StructClass } from './capnp/struct.ts';
import { blankMessage } from './request.ts';

/**
 * Encodes a struct to be put into many messages: `results.assignment = encoded` then copies its bytes in one piece
 * instead of walking through it. It must not be changed afterwards, and holds no capabilities.
 */
export function encodeOnce<T extends Struct>(Class: StructClass<T>, fill: (struct: T) => void): T {
  const message = blankMessage();
  const struct = initStructAtOffset(Class, message.first, 0);
  fill(struct);
  message.freeze();
  return struct;
}
