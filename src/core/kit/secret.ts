/** A text that no log line, message, error or document holds by accident (spec §12): only `reveal` gives it away. */
export interface Secret {
  reveal(): string;
}

const shown = '[secret]';
/** The name under which Node's `inspect` (console, assert, errors) asks an object how to show it. */
const inspectName = Symbol.for('nodejs.util.inspect.custom');

export function secretOf(text: string): Secret {
  const show = (): string => shown;
  return Object.freeze({ reveal: () => text, toString: show, toJSON: show, [inspectName]: show });
}
