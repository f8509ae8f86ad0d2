import type { ClientClass, ClientHolder } from './capability.ts';

/** A client of one's own for the same capability; it lives until it is closed. */
export function dup<C extends ClientHolder>(client: C): C {
  const Class = client.constructor as unknown as ClientClass<C>;
  return new Class(client.client.reference());
}
