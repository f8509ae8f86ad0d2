import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RETURN, SEND_RESULTS_TO, type Target } from './envelope.ts';
import { bootstrapMessage, emptyReturn, finishMessage } from './envelope-write.ts';
import { eventually } from './testing/eventually.ts';
import { Everything } from './testing/generated/everything.ts';
import { callMessage, connectRawPeer, oneCap } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const OPEN = 2;
const WHO_AM_I = 3;
const HANG = 7;
const ECHO_SINK_LATER = 19;

/** The call whose results the peer wants kept here, and what names its first capability. */
const KEPT = 5;
const KEPT_CHILD: Target = { kind: 'answer', questionId: KEPT, path: [0] };

/** A raw peer that has made a call of this method, to keep its results, and was made a call as question 1. */
async function keptCall(methodId: number, fill?: Parameters<typeof callMessage>[3]) {
  const world = connectRawPeer();
  const { connection, peer } = world;
  const root = connection.bootstrap(Everything);
  peer.send(bootstrapMessage(0));
  peer.send(callMessage(KEPT, MAIN, methodId, fill, SEND_RESULTS_TO.yourself));
  await eventually(() => connection.stats.answers === 2);
  const returned = (): boolean => peer.idsOf('return').includes(KEPT);
  return { ...world, root, returned };
}

suite('results a call of the peer leaves here (sendResultsTo.yourself)', () => {
  test('can be called through', async () => {
    const { connection, peer } = connectRawPeer();
    peer.send(bootstrapMessage(0));
    peer.send(callMessage(1, MAIN, OPEN, undefined, SEND_RESULTS_TO.yourself));
    await eventually(() => peer.received.length === 2);
    assert.equal(peer.received[1]?.detail, 'elsewhere');
    peer.send(callMessage(2, { kind: 'answer', questionId: 1, path: [0] }, WHO_AM_I));
    await eventually(() => peer.received.length === 3);
    assert.equal(peer.received[2]?.detail, 'results');
    connection.close();
  });

  test('are taken over by another call (takeFromOtherQuestion)', async () => {
    const { connection, peer } = connectRawPeer();
    const root = connection.bootstrap(Everything);
    const call = root.whoAmI().promise();
    await eventually(() => peer.idsOf('call').length === 1);
    peer.send(bootstrapMessage(0));
    peer.send(callMessage(5, MAIN, WHO_AM_I, undefined, SEND_RESULTS_TO.yourself));
    peer.send(emptyReturn(1, RETURN.takeFromOtherQuestion, 5));
    assert.equal((await call).name, 'root');
    assert.deepEqual(peer.idsOf('finish'), [1]);
    peer.send(finishMessage(5, false));
    await eventually(() => connection.stats.answers === 1);
    connection.close();
  });

  test('that nobody takes go with the connection', async () => {
    const { connection, peer, state } = connectRawPeer();
    peer.send(bootstrapMessage(0));
    peer.send(callMessage(1, MAIN, OPEN, undefined, SEND_RESULTS_TO.yourself));
    await eventually(() => peer.received.length === 2);
    assert.equal(peer.received[1]?.detail, 'elsewhere');
    assert.equal(state.children, 1);
    connection.close();
    await eventually(() => state.children === 0);
  });

  test('that nobody takes go with its Finish', async () => {
    const { connection, peer, state, returned } = await keptCall(OPEN);
    await eventually(returned);
    assert.equal(state.children, 1);
    peer.send(finishMessage(KEPT, true));
    await eventually(() => connection.stats.answers === 1);
    assert.equal(state.children, 0);
    assert.equal(connection.open, true);
    connection.close();
  });

  test('arrive where they were taken although the peer has finished the call before it was done', async () => {
    const sink = oneCap({ which: 'senderHosted', id: 40 });
    const { connection, peer, root, returned } = await keptCall(ECHO_SINK_LATER, sink);
    const call = root.echoSinkLater();
    await eventually(() => peer.idsOf('call').length === 2);
    const [put = -1, outer = -1] = peer.idsOf('call');
    peer.send(emptyReturn(outer, RETURN.takeFromOtherQuestion, KEPT));
    // As C++ does: it needs neither of its calls any more, the results are on their way to the caller.
    peer.send(finishMessage(KEPT, false));
    await eventually(() => peer.idsOf('finish').includes(outer));
    assert.equal(returned(), false);
    peer.send(emptyReturn(put, RETURN.results));
    const results = await call.promise();
    await eventually(returned);
    assert.equal(connection.stats.answers, 1);
    results.sink
      .put()
      .promise()
      .catch(() => undefined);
    await eventually(() => peer.idsOf('call').length === 3);
    call[Symbol.dispose]();
    assert.equal((await peer.next('release')).id, 40);
    assert.equal(connection.stats.imports, 0);
    connection.close();
  });

  for (const when of ['before', 'after'] as const) {
    test(`are not made any more when the call that took them is canceled, ${when} the peer's Finish`, async () => {
      const { connection, peer, root, state } = await keptCall(HANG);
      const controller = new AbortController();
      const call = root.hang(undefined, { signal: controller.signal }).promise();
      const failed = assert.rejects(call, /never mind/);
      const outer = (await peer.next('call')).id;
      peer.send(emptyReturn(outer, RETURN.takeFromOtherQuestion, KEPT));
      await eventually(() => peer.idsOf('finish').includes(outer));
      const abort = (): void => controller.abort(new Error('never mind'));
      const finish = (): void => peer.send(finishMessage(KEPT, true));
      for (const [n, step] of (when === 'before' ? [abort, finish] : [finish, abort]).entries()) {
        assert.equal(state.canceled, 0);
        step();
        peer.send(bootstrapMessage(10 + n));
        await eventually(() => peer.idsOf('return').includes(10 + n));
      }
      await failed;
      await eventually(() => state.canceled === 1 && peer.idsOf('return').includes(KEPT));
      connection.close();
    });
  }

  test('that come after the call that took them was canceled are released', async () => {
    const sink = oneCap({ which: 'senderHosted', id: 40 });
    const { connection, peer, root, returned } = await keptCall(ECHO_SINK_LATER, sink);
    const controller = new AbortController();
    const call = root.echoSinkLater(undefined, { signal: controller.signal }).promise();
    const failed = assert.rejects(call, /never mind/);
    await eventually(() => peer.idsOf('call').length === 2);
    const [put = -1, outer = -1] = peer.idsOf('call');
    peer.send(emptyReturn(outer, RETURN.takeFromOtherQuestion, KEPT));
    await eventually(() => peer.idsOf('finish').includes(outer));
    controller.abort(new Error('never mind'));
    await failed;
    peer.send(emptyReturn(put, RETURN.results));
    await eventually(returned);
    peer.send(finishMessage(KEPT, false));
    await eventually(() => connection.stats.imports === 0);
    assert.equal(connection.stats.answers, 1);
    connection.close();
  });

  test('can be called through by the peer when whoever took them has closed them already', async () => {
    const { connection, peer, root, state, returned } = await keptCall(OPEN);
    await eventually(returned);
    const call = root.open();
    peer.send(emptyReturn((await peer.next('call')).id, RETURN.takeFromOtherQuestion, KEPT));
    (await call.promise()).child.close();
    call[Symbol.dispose]();
    peer.send(callMessage(6, KEPT_CHILD, WHO_AM_I));
    await eventually(() => peer.idsOf('return').includes(6));
    assert.equal(peer.received.find(({ kind, id }) => kind === 'return' && id === 6)?.detail, 'results');
    peer.send(finishMessage(KEPT, true));
    await eventually(() => state.children === 0);
    connection.close();
  });

  test('are those of whoever took them when the peer has finished the call', async () => {
    const { connection, peer, root, state, returned } = await keptCall(OPEN);
    await eventually(returned);
    const call = root.open();
    peer.send(emptyReturn((await peer.next('call')).id, RETURN.takeFromOtherQuestion, KEPT));
    const { child } = await call.promise();
    peer.send(finishMessage(KEPT, true));
    await eventually(() => connection.stats.answers === 1);
    await child.whoAmI().promise();
    assert.equal(state.children, 1);
    call[Symbol.dispose]();
    await eventually(() => state.children === 0);
    connection.close();
  });

  test('are taken once: a second time ends the connection', async () => {
    const { connection, peer, root } = await keptCall(OPEN);
    const calls = [root.open().promise(), root.open().promise()];
    for (const call of calls) call.catch(() => undefined);
    await eventually(() => peer.idsOf('call').length === 2);
    for (const id of peer.idsOf('call')) peer.send(emptyReturn(id, RETURN.takeFromOtherQuestion, KEPT));
    assert.match((await connection.closed).message, /results of question 5 were taken already/);
  });
});
