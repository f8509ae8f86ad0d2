/** Ends an exhaustive `switch`: the compiler proves that no member is left; at run time a foreign value is a bug. */
export function exhaustive(value: never): never {
  throw new Error(`Unreachable: unexpected value ${JSON.stringify(value)}`);
}

/** Invariant check: a failure is a bug in Holdfast, never bad input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${message}`);
}
