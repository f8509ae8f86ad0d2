import type { Duplex } from 'node:stream';
import { Connection, type ConnectionOptions } from './connection.ts';

/**
 * Cap'n Proto RPC for TypeScript: the face of this room. README.md beside this file shows how to serve, call, pipeline,
 * pass capabilities, cancel and limit, and lists what of the protocol is implemented.
 *
 * The parts, from the bytes up: `frame-reader` and `outbox` (messages on a stream), `capnp/` (the encoding),
 * `envelope-write` and `inbound` (rpc.capnp), the tables (`questions`, `inbound-answer`, `exports`, `imports`,
 * `embargoes`) gathered in a `session`, the hooks (capabilities of every kind), and `connection`, which people hold.
 */
export function connectRpc(stream: Duplex, options: ConnectionOptions = {}): Connection {
  return new Connection(stream, options);
}
