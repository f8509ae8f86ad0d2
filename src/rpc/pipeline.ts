import { Capability, type Client, type ClientHolder, type InterfaceClass } from './capability.ts';
import { Pointer } from './capnp/pointer.ts';
import { pointerAt, type Struct, type StructClass } from './capnp/struct.ts';
import type { Answer } from './hook.ts';

/** A generated class: of a struct, or of an interface as a mere name. */
type Named<T> = abstract new (...args: never) => T;

/** A place in the results of a call that may not have returned: what generated `X$Promise` classes are made of. */
export class Pipeline<T> {
  readonly answer: Answer;
  readonly #Class: Named<T>;
  readonly #path: readonly number[];

  constructor(Class: Named<T>, answer: Answer, path: readonly number[] = []) {
    this.#Class = Class;
    this.answer = answer;
    this.#path = path;
  }

  /** The results, once the call has returned. Rejects with an `RpcError`, or the reason of the call's signal. */
  struct(): Promise<T> {
    const Class = this.#Class as unknown as StructClass<Struct>;
    return this.answer.outcome.promise().then((content) => {
      let at = new Pointer(content.segment, content.at, content.depth);
      for (const field of this.#path) {
        const struct = at.asStruct(Class);
        at = new Pointer(struct._segment, pointerAt(field, struct), struct._depth);
      }
      return at.asStruct(Class) as T;
    });
  }

  getPipeline<U>(Class: Named<U>, field: number, _defaultValue?: unknown): Pipeline<U> {
    return new Pipeline<U>(Class, this.answer, [...this.#path, field]);
  }

  /** The capability in a field of type AnyPointer or Capability, taken for one of this interface. */
  clientAt<C extends ClientHolder>(field: number, interfaceClass: InterfaceClass<C>): C {
    return new interfaceClass.Client(new Capability(this.answer.pipeline([...this.#path, field])));
  }

  /** The capability at this place; calls on it are sent at once, before the results are here. */
  client(): Client {
    return new Capability(this.answer.pipeline(this.#path));
  }
}
