import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DISEMBARGO, RETURN, SEND_RESULTS_TO, type Target } from './envelope.ts';
import {
  beginCall,
  bootstrapMessage,
  disembargoMessage,
  emptyReturn,
  finishMessage,
  releaseMessage,
} from './envelope-write.ts';
import { collectingSink } from './testing/collecting-sink.ts';
import { eventually } from './testing/eventually.ts';
import { Everything, type Sink$Client } from './testing/generated/everything.ts';
import { callMessage, connectRawPeer, oneCap, resultsMessage } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const PUT = 0;
const ECHO_SINK = 5;
const KEEP = 9;
const DROP = 11;

const putN = (sink: Sink$Client, n: number): Promise<unknown> =>
  sink
    .put((p) => {
      p.n = n;
    })
    .promise();

suite('order and references, message by message', () => {
  test('a call on what the peer itself hosts is sent back to it, and so is its Disembargo, behind the call', async () => {
    const { connection, peer } = connectRawPeer();
    peer.send(bootstrapMessage(0));
    peer.send(callMessage(1, MAIN, ECHO_SINK, oneCap({ which: 'senderHosted', id: 40 })));
    // Sent ahead of the Return, as a peer does that pipelines.
    const echoed: Target = { kind: 'answer', questionId: 1, path: [0] };
    peer.send(callMessage(2, echoed, PUT));
    peer.send(disembargoMessage(echoed, DISEMBARGO.senderLoopback, 3));
    const loopback = await peer.next('disembargo');
    assert.deepEqual([loopback.id, loopback.detail], [3, 'of the receiver']);
    const kinds = peer.received.map(({ kind, detail }) => `${kind} ${detail}`.trim());
    assert.deepEqual(kinds.slice(2), [
      'call of method 0, keep results',
      'return take from',
      'disembargo of the receiver',
    ]);
    const [reflected = -1] = peer.idsOf('call');
    // The peer keeps the results of the call that came back. It is finished when the first one is.
    peer.send(emptyReturn(reflected, RETURN.resultsSentElsewhere));
    peer.send(finishMessage(2, false));
    await eventually(() => peer.idsOf('finish').includes(reflected));
    assert.equal(connection.stats.questions, 0);
    connection.close();
  });

  test('calls on an own object that came back wait until the Disembargo has, behind the calls sent before', async () => {
    const { connection, peer } = connectRawPeer();
    const seen: number[] = [];
    const sink = connection
      .bootstrap(Everything)
      .echoSink((p) => {
        p.sink = collectingSink(seen);
      })
      .getSink();
    const first = putN(sink, 1);
    await eventually(() => peer.idsOf('call').length === 2);
    const [echo = -1, put = -1] = peer.idsOf('call');
    peer.send(resultsMessage(echo, oneCap({ which: 'receiverHosted', id: 0 })));
    const asked = await peer.next('disembargo');
    assert.equal(asked.detail, 'of the sender');
    const second = putN(sink, 2);
    // The peer passes the first call on, as its promise is ours by now, and only then lets the Disembargo follow.
    const { interfaceId } = sink.constructor as typeof Sink$Client;
    const passedOn = beginCall(7, MAIN, { interfaceId, methodId: PUT }, SEND_RESULTS_TO.yourself).message;
    passedOn.first.allocate(8);
    peer.send(passedOn);
    peer.send(emptyReturn(put, RETURN.takeFromOtherQuestion, 7));
    await first;
    assert.equal(seen.length, 1, 'the second call waits');
    peer.send(disembargoMessage(MAIN, DISEMBARGO.receiverLoopback, asked.id));
    await second;
    assert.deepEqual(seen.slice(1), [2]);
    connection.close();
  });

  test('an object that is sent again while a Release of it is on its way lives on', async () => {
    const { connection, peer } = connectRawPeer();
    const root = connection.bootstrap(Everything);
    const sink = collectingSink([]);
    for (let i = 0; i < 2; i++) {
      root
        .keep((p) => {
          p.sink = sink;
        })
        .promise()
        .catch(() => undefined);
    }
    await eventually(() => peer.idsOf('call').length === 2);
    assert.equal(connection.stats.exports, 1, 'one object has one id');
    // Meant for the first time it came; the second time crosses it.
    peer.send(releaseMessage(0, 1));
    peer.send(callMessage(1, MAIN, PUT));
    await peer.next('return');
    assert.equal(connection.stats.exports, 1);
    peer.send(releaseMessage(0, 1));
    await eventually(() => connection.stats.exports === 0);
    assert.equal(connection.open, true);
    connection.close();
  });

  test('an id of the peer that comes again is given back as often as it came, whatever crosses', async () => {
    const { connection, peer, state } = connectRawPeer();
    peer.send(bootstrapMessage(0));
    const keep = (id: number): void =>
      peer.send(callMessage(id, MAIN, KEEP, oneCap({ which: 'senderHosted', id: 40 })));
    // Twice before anything was released, then again when the last reference has gone.
    keep(1);
    keep(2);
    peer.send(callMessage(3, MAIN, DROP));
    keep(4);
    await eventually(() => peer.idsOf('return').length === 5);
    assert.equal(connection.stats.imports, 1);
    assert.ok(state.kept !== undefined);
    peer.send(callMessage(5, MAIN, DROP));
    const given = (): number =>
      peer.received.reduce((sum, { kind, detail }) => sum + (kind === 'release' ? Number.parseInt(detail, 10) : 0), 0);
    await eventually(() => given() >= 3);
    assert.deepEqual([given(), new Set(peer.idsOf('release'))], [3, new Set([40])]);
    assert.equal(connection.stats.imports, 0);
    connection.close();
  });
});
