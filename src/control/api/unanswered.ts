/** Requests of each connection whose answers are not out yet: a client may send the next before it has read the last. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** A field, because a weak map costs every collection of garbage. */
const field = Symbol('unanswered');

interface Counted {
  [field]?: Set<ServerResponse>;
}

export function unansweredOn(socket: Duplex): Set<ServerResponse> {
  const counted = socket as Counted;
  counted[field] ??= new Set();
  return counted[field];
}
