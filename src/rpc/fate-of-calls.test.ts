import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exceptionReturn } from './envelope-write.ts';
import { promisedClient } from './promised-client.ts';
import { connectRpc } from './rpc.ts';
import { RPC_ERROR_TYPES, RpcError } from './rpc-error.ts';
import { connectedPair } from './testing/connected-pair.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything, Everything$Client, Sink } from './testing/generated/everything.ts';
import { connectRawPeer } from './testing/raw-peer.ts';

const failing = (root: Everything$Client, type: number) =>
  root
    .fail((p) => {
      p.type = type;
      p.reason = 'thrown by the method';
    })
    .promise();

suite('an error says truthfully whether its call may have run', () => {
  test('what a method throws came of a call that ran, of whatever type: it is never told to be tried again', async () => {
    const { root, client, server } = connectedPair();
    for (const [type, name] of RPC_ERROR_TYPES.entries()) {
      await assert.rejects(failing(root, type), { type: name, remote: true, mayHaveRun: true, retry: 'never' });
    }
    client.close();
    await server.closed;
  });

  test('in one process as well', async () => {
    using root = everything(everythingState());
    await assert.rejects(failing(root, 1), { type: 'overloaded', mayHaveRun: true, retry: 'never' });
  });

  test('a call refused by a limit of the other side was not begun, and that is told', async () => {
    const { root, client } = connectedPair({ limits: { inFlightCalls: 1 } });
    const hung = root.hang().promise();
    hung.catch(() => undefined);
    const refused = { type: 'overloaded', remote: true, mayHaveRun: false, retry: 'later' };
    await assert.rejects(root.empty().promise(), refused);
    client.close();
  });

  test('an overloaded of another implementation may come from the method: it says nothing of itself', async () => {
    const { connection, peer } = connectRawPeer();
    const call = connection.bootstrap(Everything).empty().promise();
    await peer.next('call');
    const [question = -1] = peer.idsOf('call');
    peer.send(exceptionReturn(question, new RpcError('overloaded', 'busy'), 100));
    await assert.rejects(call, { type: 'overloaded', mayHaveRun: true, retry: 'never' });
    connection.close();
  });

  test('calls on a capability that was lost with its connection were never made', async () => {
    const { root, client } = connectedPair();
    using opening = root.open();
    const pipelined = opening.getChild();
    await opening.promise();
    const inFlight = root.hang().promise();
    inFlight.catch(() => undefined);
    await root.empty().promise();
    client.close();
    await assert.rejects(inFlight, { type: 'disconnected', mayHaveRun: true, retry: 'never' });
    for (const call of [pipelined.whoAmI().promise(), root.empty().promise()]) {
      await assert.rejects(call, { type: 'disconnected', mayHaveRun: false, retry: 'later' });
    }
  });

  test('a call pipelined on one that failed was not made, though that one ran', async () => {
    const { root, client } = connectedPair();
    const failed = new RpcError('failed', 'no such thing');
    const promised = promisedClient(Everything);
    const waiting = promised.client.empty().promise();
    promised.reject(failed);
    await assert.rejects(waiting, { type: 'failed', mayHaveRun: false, retry: 'never' });
    assert.equal(failed.mayHaveRun, true);
    root.close();
    client.close();
  });

  test('a method that fails over a call of its own that was not made has run itself', async () => {
    const { root, client } = connectedPair();
    const promised = promisedClient(Sink);
    promised.reject(new RpcError('disconnected', 'the sink is gone', { mayHaveRun: false }));
    const feeding = root.feed((p) => {
      p.sink = promised.client;
      p.count = 1;
    });
    await assert.rejects(feeding.promise(), { type: 'disconnected', mayHaveRun: true, retry: 'never' });
    client.close();
  });

  test('a proxy passes on that a call did not get through', async () => {
    const [near, far] = duplexPair();
    const { root: behind, client: second } = connectedPair();
    second.close();
    await second.closed;
    const forwarding = connectRpc(near, { bootstrap: new Everything$Client(behind.client) });
    const client = connectRpc(far);
    const root = client.bootstrap(Everything);
    await assert.rejects(root.empty().promise(), { type: 'disconnected', mayHaveRun: false, retry: 'later' });
    client.close();
    await forwarding.closed;
  });
});
