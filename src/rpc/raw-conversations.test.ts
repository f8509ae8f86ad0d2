import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RETURN, type Target } from './envelope.ts';
import {
  bootstrapMessage,
  emptyReturn,
  finishMessage,
  resolveMessage,
  unimplementedMessage,
} from './envelope-write.ts';
import { promisedClient } from './promised-client.ts';
import { connectRpc } from './rpc.ts';
import { RpcError } from './rpc-error.ts';
import { collectingSink } from './testing/collecting-sink.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { Everything, Sink } from './testing/generated/everything.ts';
import { callMessage, connectRawPeer, oneCap } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const OPEN = 2;
const WHO_AM_I = 3;
const HANG = 7;
const KEEP = 9;

suite('the protocol, message by message', () => {
  test('the id of a canceled call is not used again before its Return has come', async () => {
    const { connection, peer } = connectRawPeer();
    const root = connection.bootstrap(Everything);
    const controller = new AbortController();
    const canceled = root.hang(undefined, { signal: controller.signal }).promise();
    canceled.catch(() => undefined);
    await eventually(() => peer.idsOf('call').length === 1);
    controller.abort();
    await assert.rejects(canceled, { name: 'AbortError' });
    const second = root.empty().promise();
    second.catch(() => undefined);
    await eventually(() => peer.idsOf('call').length === 2);
    assert.deepEqual(peer.idsOf('finish'), [1]);
    assert.deepEqual(peer.idsOf('call'), [1, 2]);
    peer.send(emptyReturn(1, RETURN.canceled));
    peer.send(emptyReturn(2, RETURN.canceled));
    await assert.rejects(second, /canceled/);
    root
      .empty()
      .promise()
      .catch(() => undefined);
    await eventually(() => peer.idsOf('call').length === 3);
    assert.ok([1, 2].includes(peer.idsOf('call')[2] ?? -1), 'now it is');
    connection.close();
  });

  test('capabilities in results that come after a cancellation are not taken in', async () => {
    const { connection, peer } = connectRawPeer();
    const root = connection.bootstrap(Everything);
    const call = root.open();
    await eventually(() => peer.idsOf('call').length === 1);
    call[Symbol.dispose]();
    await eventually(() => peer.idsOf('finish').length === 1);
    assert.equal(peer.received.find(({ kind }) => kind === 'finish')?.detail, 'release results');
    peer.send(emptyReturn(1, RETURN.results));
    await eventually(() => connection.stats.questions === 1);
    assert.equal(connection.stats.imports, 0);
    connection.close();
  });

  test('a call whose id is in use lets go of the object it was aimed at with the connection', async () => {
    const { connection, peer, state } = connectRawPeer();
    peer.send(bootstrapMessage(0));
    peer.send(callMessage(1, MAIN, OPEN));
    peer.send(callMessage(1, { kind: 'answer', questionId: 1, path: [0] }, WHO_AM_I));
    assert.match((await connection.closed).message, /question 1 is in use/);
    await eventually(() => state.children === 0);
  });

  test('a call the peer does not understand at all rejects as unimplemented', async () => {
    const { connection, peer } = connectRawPeer();
    const root = connection.bootstrap(Everything);
    const call = root.empty().promise();
    call.catch(() => undefined);
    await eventually(() => peer.idsOf('call').length === 1);
    peer.send(unimplementedMessage(callMessage(1, MAIN, 0)));
    await assert.rejects(call, { type: 'unimplemented', remote: true });
    connection.close();
  });

  test('a Resolve the peer does not understand gives back what it carried', async () => {
    const { connection, peer } = connectRawPeer();
    const root = connection.bootstrap(Everything);
    const promised = promisedClient(Sink);
    root
      .keep((p) => {
        p.sink = promised.client;
      })
      .promise()
      .catch(() => undefined);
    await eventually(() => peer.idsOf('call').length === 1);
    promised.resolve(collectingSink([]));
    await eventually(() => peer.idsOf('resolve').length === 1);
    assert.equal(connection.stats.exports, 2);
    peer.send(unimplementedMessage(resolveMessage(0, { cap: { which: 'senderHosted', id: 1 } })));
    await eventually(() => connection.stats.exports === 1);
    connection.close();
  });

  test('a promise resolved to an error breaks the calls made on it', async () => {
    const { connection, peer, state } = connectRawPeer();
    peer.send(bootstrapMessage(0));
    peer.send(callMessage(1, MAIN, KEEP, oneCap({ which: 'senderPromise', id: 9 })));
    await eventually(() => state.kept !== undefined);
    peer.send(resolveMessage(9, { error: new RpcError('overloaded', 'no room'), reasonChars: 100 }));
    await eventually(() => connection.stats.imports === 0);
    await assert.rejects(state.kept?.put().promise() ?? Promise.resolve(), { type: 'overloaded', message: 'no room' });
    connection.close();
  });

  test('a Finish before Return aborts the method and is answered with canceled', async () => {
    const { connection, peer, state } = connectRawPeer();
    peer.send(bootstrapMessage(0));
    peer.send(callMessage(1, MAIN, HANG));
    peer.send(finishMessage(1, true));
    await eventually(() => peer.received.length === 2);
    assert.equal(peer.received[1]?.detail, 'canceled');
    assert.equal(state.canceled, 1);
    connection.close();
  });

  test('a peer without a bootstrap object says so', async () => {
    const [left, right] = duplexPair();
    connectRpc(left);
    const connection = connectRpc(right);
    await assert.rejects(connection.bootstrap(Everything).empty().promise(), /offers no object/);
    connection.close();
  });
});
