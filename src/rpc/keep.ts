import { type Struct, type StructClass, structAt } from './capnp/struct.ts';
import { copiedMessage } from './request.ts';

/** A struct of one's own, with references of its own to the capabilities in it. */
export type Kept<T extends Struct> = Disposable & {
  readonly value: T;
  /** Gives the capabilities up. */
  close(): void;
};

/**
 * Copies a received struct, so that it can be kept when its call is over: the original loses its capabilities then, and
 * holds on to all the memory it came in.
 */
export function keep<T extends Struct>(struct: T): Kept<T> {
  const message = copiedMessage(struct);
  const { first } = message;
  const Class = struct.constructor as unknown as StructClass<T>;
  const value = structAt(Class, first, 0, message.nesting) ?? new Class(first, 0, 0, 0, 0);
  const close = (): void => message.releaseCaps();
  return { value, close, [Symbol.dispose]: close };
}
