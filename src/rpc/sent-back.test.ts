import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RETURN, SEND_RESULTS_TO, type Target } from './envelope.ts';
import { bootstrapMessage, emptyReturn, finishMessage } from './envelope-write.ts';
import { assertNothingLeft, connectedPair } from './testing/connected-pair.ts';
import { eventually } from './testing/eventually.ts';
import { Sink$Server } from './testing/generated/everything.ts';
import { callMessage, connectRawPeer, oneCap, resultsMessage } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const ECHOED: Target = { kind: 'answer', questionId: 1, path: [0] };
const PUT = 0;
const ECHO_SINK = 5;
const HANG = 7;
const KEEP = 9;
const DROP = 11;
/** The peer's call that is sent back to it. */
const OUTER = 2;

/** The peer's call on what it hosts itself has been sent back to it. */
async function sentBack() {
  const world = connectRawPeer();
  const { peer, connection } = world;
  peer.send(bootstrapMessage(0));
  peer.send(callMessage(1, MAIN, ECHO_SINK, oneCap({ which: 'senderHosted', id: 40 })));
  peer.send(callMessage(OUTER, ECHOED, PUT));
  const inner = (await peer.next('call')).id;
  const finished = (): boolean => peer.idsOf('finish').includes(inner);
  /** Everything sent so far has been handled. */
  const handled = async (mark: number): Promise<void> => {
    peer.send(bootstrapMessage(mark));
    await eventually(() => peer.idsOf('return').includes(mark));
  };
  return { ...world, inner, finished, handled, questions: () => connection.stats.questions };
}

suite('a call that is sent back to the peer it came from', () => {
  test('is canceled by its caller: the method hears of it', async () => {
    const pair = connectedPair();
    const { client, server, root } = pair;
    let begun = 0;
    let canceled = 0;
    const sink = new Sink$Server({
      put(_params, _results, { signal }) {
        begun++;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            canceled++;
            reject(signal.reason);
          });
        });
      },
    }).client();
    const controller = new AbortController();
    {
      using echo = root.echoSink((p) => {
        p.sink = sink;
      });
      using echoed = echo.getSink();
      const put = echoed.put(undefined, { signal: controller.signal }).promise();
      const failed = assert.rejects(put, /never mind/);
      await eventually(() => begun === 1);
      assert.equal(canceled, 0);
      controller.abort(new Error('never mind'));
      await failed;
    }
    await eventually(() => canceled === 1);
    await eventually(() => [client, server].every(({ stats }) => stats.inFlightCalls + stats.questions === 0));
    await assertNothingLeft(pair);
  });

  test('is finished as soon as the peer has finished the first, and its id used again when its Return has come', async () => {
    const { connection, peer, inner, finished, handled, questions } = await sentBack();
    await handled(10);
    assert.equal(finished(), false);
    peer.send(finishMessage(OUTER, true));
    await eventually(finished);
    assert.equal(questions(), 1);
    peer.send(emptyReturn(inner, RETURN.canceled));
    await handled(11);
    assert.equal(questions(), 0);
    assert.equal(connection.open, true);
    connection.close();
  });

  test('whose results are sent here none the less leaves nothing of them when the peer has finished the first', async () => {
    const { connection, peer, inner, handled } = await sentBack();
    peer.send(resultsMessage(inner, oneCap({ which: 'senderHosted', id: 41 })));
    await handled(10);
    peer.send(finishMessage(OUTER, true));
    await eventually(() => peer.idsOf('release').includes(41));
    assert.equal(connection.open, true);
    connection.close();
  });

  test('whose results are said to be here none the less gives them up when the peer has finished the first', async () => {
    const { connection, peer, inner, handled, state } = await sentBack();
    peer.send(callMessage(3, MAIN, HANG, undefined, SEND_RESULTS_TO.yourself));
    peer.send(emptyReturn(inner, RETURN.takeFromOtherQuestion, 3));
    peer.send(finishMessage(3, true));
    await handled(10);
    assert.equal(state.canceled, 0);
    peer.send(finishMessage(OUTER, true));
    await eventually(() => state.canceled === 1);
    connection.close();
  });

  test('is not finished while somebody here holds a capability of its results', async () => {
    const { connection, peer, inner, finished, handled, questions } = await sentBack();
    peer.send(callMessage(3, MAIN, KEEP, oneCap({ which: 'receiverAnswer', questionId: OUTER, path: [0] })));
    peer.send(finishMessage(OUTER, true));
    peer.send(emptyReturn(inner, RETURN.resultsSentElsewhere));
    await handled(10);
    assert.deepEqual([finished(), questions()], [false, 1]);
    peer.send(callMessage(4, MAIN, DROP));
    await eventually(finished);
    assert.equal(questions(), 0);
    connection.close();
  });
});
