/**
 * The same error, with its stack turned into text. Until that is asked for, an error holds the functions and receivers
 * on it, here a whole connection, for as long as somebody keeps the error.
 */
export function withPlainStack<E extends Error>(error: E): E {
  void error.stack;
  return error;
}

/** What a call ends with that nobody wants any more. */
export function abortError(message: string): DOMException {
  return withPlainStack(new DOMException(message, 'AbortError'));
}
