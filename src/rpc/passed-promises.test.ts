import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { writeCapTable } from './cap-write.ts';
import { Capability } from './capability.ts';
import { DISEMBARGO, type Target } from './envelope.ts';
import { bootstrapMessage, disembargoMessage } from './envelope-write.ts';
import { PromiseHook } from './promise-hook.ts';
import { connectRpc } from './rpc.ts';
import { assertNothingLeft, connectedPair } from './testing/connected-pair.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { Everything, Everything$Client, Sink$Client } from './testing/generated/everything.ts';
import { callMessage, connectRawPeer, RawPeer, resultsMessage } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const OPEN = 2;

/** A promise that counts who waits for it. */
class WatchedPromise extends PromiseHook {
  watchers = 0;

  override get whenResolved(): PromiseHook['whenResolved'] {
    const watch = super.whenResolved;
    if (watch === undefined) return undefined;
    return (fn) => {
      this.watchers++;
      const unwatch = watch(fn);
      return () => {
        this.watchers--;
        unwatch();
      };
    };
  }
}

suite('what was passed to a peer is let go of', () => {
  test('a promise, each time the peer has given it back', async () => {
    const pair = connectedPair();
    const promise = new WatchedPromise();
    const sink = new Sink$Client(new Capability(promise));
    for (let i = 0; i < 5; i++) {
      const keep = pair.root.keep((p) => {
        p.sink = sink;
      });
      await keep.promise();
      assert.equal(promise.watchers, 1);
      await pair.root.drop().promise();
      await eventually(() => pair.client.stats.exports === 0);
      assert.equal(promise.watchers, 0);
    }
    sink.client.close();
    await assertNothingLeft(pair);
  });

  test('a promise for which a Disembargo waits, with the connection', async () => {
    const [left, right] = duplexPair();
    let unwanted = false;
    const promise = new WatchedPromise(() => {
      unwanted = true;
    });
    const bootstrap = new Everything$Client(new Capability(promise));
    const connection = connectRpc(left, { bootstrap });
    const peer = new RawPeer(right);
    peer.send(bootstrapMessage(0));
    peer.send(disembargoMessage(MAIN, DISEMBARGO.senderLoopback, 1));
    await eventually(() => promise.watchers === 2);
    bootstrap.client.close();
    assert.equal(unwanted, false);
    peer.end();
    await connection.closed;
    assert.deepEqual([promise.watchers, unwanted], [0, true]);
  });

  test('an object that comes back in results which are refused', async () => {
    const { connection, peer, state } = connectRawPeer();
    const call = connection.bootstrap(Everything).echoAny().promise();
    const failed = assert.rejects(call, /receiverHosted 999 is not exported/);
    peer.send(bootstrapMessage(0));
    peer.send(callMessage(1, MAIN, OPEN));
    await eventually(() => peer.idsOf('return').includes(1));
    const { id } = await peer.next('call');
    const mixed = [1, 999].map((id) => ({ which: 'receiverHosted', id }) as const);
    peer.send(resultsMessage(id, ({ message, payloadAt }) => writeCapTable(message.first, payloadAt, mixed)));
    await failed;
    assert.equal(state.children, 0);
  });
});
