/**
 * Thrown when bytes that came from a peer are not a valid Cap'n Proto message: a pointer out of bounds, a list of the
 * wrong element size, nesting or traversal beyond the limits of the connection. The connection it came from is aborted.
 */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}
