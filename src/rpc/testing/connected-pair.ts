import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import type { Connection, ConnectionOptions } from '../connection.ts';
import { connectRpc } from '../rpc.ts';
import { duplexPair } from './duplex-pair.ts';
import { eventually } from './eventually.ts';
import { type EverythingState, everything, everythingState } from './everything-server.ts';
import { Everything, type Everything$Client } from './generated/everything.ts';

/** Two connected sides in this process: one serves everything.capnp, the other has asked for it. */
export type ConnectedPair = {
  readonly server: Connection;
  readonly client: Connection;
  readonly root: Everything$Client;
  readonly state: EverythingState;
  /** The stream of the server and that of the client. */
  readonly streams: readonly [Duplex, Duplex];
};

export function connectedPair(server: ConnectionOptions = {}, client: ConnectionOptions = {}): ConnectedPair {
  const streams = duplexPair();
  const state = everythingState();
  const serving = connectRpc(streams[0], { bootstrap: everything(state), ...server });
  const calling = connectRpc(streams[1], client);
  return { server: serving, client: calling, root: calling.bootstrap(Everything), state, streams };
}

/** Gives up the last reference: every table of both sides has to become empty, every object released. */
export async function assertNothingLeft({ server, client, root, state }: ConnectedPair): Promise<void> {
  root.close();
  const stats = () => [client.stats, server.stats];
  const empty = () => stats().every((one) => Object.values(one).every((n) => n === 0));
  await eventually(empty).catch(() => assert.fail(JSON.stringify(stats())));
  assert.equal(state.children, 0, 'every object handed out was released');
  client.close();
  await server.closed;
}
