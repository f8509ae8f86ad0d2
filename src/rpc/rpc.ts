// biome-ignore-all lint/performance/noBarrelFile: the one door of a room that is a package of its own
import type { Duplex } from 'node:stream';
import { Connection, type ConnectionOptions } from './connection.ts';

/**
 * Cap'n Proto RPC for TypeScript: the face of this room. README.md beside this file shows how to serve, call, pipeline,
 * pass capabilities, cancel and limit, and lists what of the protocol is implemented.
 *
 * The parts, from the bytes up: `frame-reader` and `outbox` (messages on a stream), `capnp/` (the encoding),
 * `envelope-write` and `inbound` (rpc.capnp), the tables (`questions`, `inbound-answer`, `exports`, `imports`,
 * `embargoes`) gathered in a `session`, the hooks (capabilities of every kind), and `connection`, which people hold.
 *
 * Every public name can be imported from here, against the rule that no file passes on what others export: this room is
 * meant to be taken away, and who takes it should need neither its insides nor their names. The files of the room
 * import each other directly, as do the other rooms of this repository.
 */
export function connectRpc(stream: Duplex, options: ConnectionOptions = {}): Connection {
  return new Connection(stream, options);
}

export {
  type CallOptions,
  type Client,
  type ClientHolder,
  type InterfaceClass,
  withoutGarbageCollection,
} from './capability.ts';
export { Data } from './capnp/data.ts';
export { List } from './capnp/list.ts';
export { type AnyValue, Pointer } from './capnp/pointer.ts';
export {
  AnyPointerList,
  CompositeList,
  DataList,
  InterfaceList,
  PointerList,
  TextList,
} from './capnp/pointer-lists.ts';
export {
  BoolList,
  Float32List,
  Float64List,
  Int8List,
  Int16List,
  Int32List,
  Int64List,
  Uint8List,
  Uint16List,
  Uint32List,
  Uint64List,
  VoidList,
} from './capnp/scalar-lists.ts';
export { Struct, type StructClass } from './capnp/struct.ts';
export type { UnknownMember } from './capnp/unknown-member.ts';
export { Connection, type ConnectionOptions, type ConnectionStats } from './connection.ts';
export { encodeOnce } from './encode-once.ts';
export { type Kept, keep } from './keep.ts';
export { DEFAULT_LIMITS, type RpcLimits } from './limits.ts';
export { type PromisedClient, promisedClient } from './promised-client.ts';
export {
  type Backoff,
  DEFAULT_BACKOFF,
  DEFAULT_CONNECT_TIMEOUT_MS,
  ReconnectingClient,
  type ReconnectingOptions,
  type ReconnectState,
} from './reconnecting-client.ts';
export { RPC_ERROR_TYPES, RpcError, type RpcErrorOptions, type RpcErrorType } from './rpc-error.ts';
export { DEFAULT_MAX_CONNECTIONS, type ServeOptions, type Serving, serveRpc } from './serve.ts';
export type { CallContext, Server } from './server.ts';
export { type RpcTimer, realTimer } from './timer.ts';
