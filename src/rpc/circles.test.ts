import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DISEMBARGO, RETURN, SEND_RESULTS_TO, type Target } from './envelope.ts';
import { bootstrapMessage, disembargoMessage, emptyReturn, resolveMessage } from './envelope-write.ts';
import { promisedClient } from './promised-client.ts';
import { eventually } from './testing/eventually.ts';
import { Everything } from './testing/generated/everything.ts';
import { callMessage, connectRawPeer, oneCap, resultsMessage } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const PUT = 0;
const OPEN = 2;
const ECHO_SINK = 5;
const KEEP = 9;
const ECHO_SINK_LATER = 19;

/** What the peer's call `questionId` has, or will have, in its results. */
const resultOf = (questionId: number) => ({ kind: 'answer', questionId, path: [0] }) as const;
const promisedBy = (questionId: number) => oneCap({ which: 'receiverAnswer', questionId, path: [0] });

/** The peer has got an object of its own, 40, back as the result of its call 1. */
function peerWithItsOwn() {
  const world = connectRawPeer();
  world.peer.send(bootstrapMessage(0));
  world.peer.send(callMessage(1, MAIN, ECHO_SINK, oneCap({ which: 'senderHosted', id: 40 })));
  return world;
}

suite('what leads back to itself', () => {
  test('a promise that becomes a result of a call waiting for it fails that call', async () => {
    const { client, resolve } = promisedClient(Everything);
    const child = client.open().getChild();
    const call = child.whoAmI().promise();
    const failed = assert.rejects(call, /leads back to itself/);
    resolve(child);
    await failed;
    await assert.rejects(child.whoAmI().promise(), /leads back to itself/);
  });

  test('a peer whose promise becomes a result of a call waiting for it gets that call failed', async () => {
    const { connection, peer } = connectRawPeer();
    peer.send(bootstrapMessage(0));
    peer.send(callMessage(1, MAIN, ECHO_SINK_LATER, oneCap({ which: 'senderPromise', id: 40 })));
    const put = (await peer.next('call')).id;
    peer.send(callMessage(2, resultOf(1), OPEN));
    peer.send(resolveMessage(40, { cap: { which: 'receiverAnswer', questionId: 2, path: [0] } }));
    const asked = (await peer.next('disembargo')).id;
    peer.send(disembargoMessage(MAIN, DISEMBARGO.receiverLoopback, asked));
    peer.send(emptyReturn(put, RETURN.results));
    await eventually(() => peer.idsOf('return').includes(2));
    assert.match(peer.received.find(({ kind, id }) => kind === 'return' && id === 2)?.detail ?? '', /back to itself/);
    assert.equal(connection.stats.inFlightCalls, 0);
    connection.close();
  });

  test('a call whose results are said to be what they promised gives a capability that fails', async () => {
    const { connection, peer, state } = peerWithItsOwn();
    peer.send(callMessage(2, resultOf(1), PUT));
    const sentBack = (await peer.next('call')).id;
    peer.send(callMessage(3, MAIN, KEEP, promisedBy(2)));
    await eventually(() => state.kept !== undefined);
    peer.send(resultsMessage(sentBack, promisedBy(2)));
    await eventually(() => peer.idsOf('finish').includes(sentBack));
    await assert.rejects(state.kept?.put().promise() ?? Promise.resolve(), /leads back to itself/);
    connection.close();
  });

  for (const pipelined of [false, true]) {
    const also = pipelined ? ', and were asked of a capability before,' : '';
    test(`results that are to be taken by the call they wait for${also} end the connection`, async () => {
      const { connection, peer, state } = peerWithItsOwn();
      peer.send(callMessage(2, resultOf(1), PUT, undefined, SEND_RESULTS_TO.yourself));
      const passedOn = (await peer.next('call')).id;
      if (pipelined) {
        peer.send(callMessage(3, MAIN, KEEP, promisedBy(2)));
        await eventually(() => state.kept !== undefined);
      }
      peer.send(emptyReturn(passedOn, RETURN.takeFromOtherQuestion, 2));
      assert.match((await connection.closed).message, /results of question 2 wait for the call that takes them/);
      assert.equal(state.kept !== undefined, pipelined);
      if (state.kept !== undefined) await assert.rejects(state.kept.put().promise(), { type: 'disconnected' });
    });
  }
});
