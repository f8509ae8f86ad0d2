import { type Copyable, copyInto } from './capnp/copy.ts';
import { Message } from './capnp/message.ts';
import { Pointer } from './capnp/pointer.ts';
import { initStructAtOffset } from './capnp/struct.ts';
import type { CallRequest } from './hook.ts';

/** Bytes before the content of a message that holds nothing but one value: its root pointer. */
const ROOT_BYTES = 8;

/** A message whose root is still null. */
export function blankMessage(): Message {
  const message = Message.build();
  message.first.allocate(ROOT_BYTES);
  return message;
}

/** A message that holds nothing but a copy of this value, with references of its own to the capabilities in it. */
export function copiedMessage(value: Copyable): Message {
  const message = blankMessage();
  try {
    copyInto(message.first, 0, value);
  } catch (error) {
    message.releaseCaps();
    throw error;
  }
  return message;
}

/** The same request with its parameters in a message, so that it can wait. */
export function materialize(request: CallRequest): { request: CallRequest } | { error: unknown } {
  const { params } = request;
  if (params.kind === 'message') return { request };
  const message = blankMessage();
  try {
    const struct = initStructAtOffset(params.method.ParamsClass, message.first, 0);
    params.fill?.(struct);
  } catch (error) {
    message.releaseCaps();
    return { error };
  }
  const content = new Pointer(message.first, 0, message.nesting);
  return { request: { ...request, params: { kind: 'message', content } } };
}
