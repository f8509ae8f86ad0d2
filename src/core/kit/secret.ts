/** A text that no log line, message, error or document holds by accident (spec §12): only `reveal` gives it away. */
export interface Secret {
  reveal(): string;
}

const shown = '[secret]';
/** The name under which Node's `inspect` (console, assert, errors) asks an object how to show it. */
const inspectName = Symbol.for('nodejs.util.inspect.custom');

/** A class, because every request makes one: the methods of a literal would be closures of each. */
class HiddenText implements Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspectName](): string {
    return shown;
  }
}

export function secretOf(text: string): Secret {
  return new HiddenText(text);
}
