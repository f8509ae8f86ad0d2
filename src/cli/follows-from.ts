/**
 * Whether an error is how the end of `signal` shows: its reason, what Node throws for it, or what wraps one of them. Any other
 * error is one of its own, even where it came after the end: it is told, not taken for the end.
 */
export function followsFrom(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  if (error === signal.reason) return true;
  if (error instanceof AggregateError) return error.errors.every((each) => followsFrom(each, signal));
  return error instanceof Error && (error.name === 'AbortError' || followsFrom(error.cause, signal));
}
