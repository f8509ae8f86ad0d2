import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RETURN, SEND_RESULTS_TO, type Target } from './envelope.ts';
import { bootstrapMessage, emptyReturn, finishMessage } from './envelope-write.ts';
import { eventually } from './testing/eventually.ts';
import { callMessage, connectRawPeer, oneCap } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const PUT = 0;
const OPEN = 2;
const ECHO_SINK = 5;
const HOLD_SINK = 16;
const RELEASE_HELD = 17;
const ECHO_SINK_LATER = 19;

/** Deeper than the stack could be if each of the row were settled from within the one before it. */
const LENGTH = 3_000;

/** The peer's first call of the row; the others follow. */
const FIRST = 10;
const LAST = FIRST + LENGTH;
const resultOf = (questionId: number): Target => ({ kind: 'answer', questionId, path: [0] });

function patientSide() {
  const world = connectRawPeer({ inFlightCalls: 2 * LENGTH, answers: 2 * LENGTH });
  world.peer.send(bootstrapMessage(0));
  return world;
}

suite('a row of calls of any length', () => {
  test('each on the result of the one before is run when the first has its result', async () => {
    const { connection, peer, state } = patientSide();
    peer.send(callMessage(FIRST, MAIN, HOLD_SINK, oneCap({ which: 'receiverHosted', id: 0 })));
    for (let id = FIRST + 1; id <= LAST; id++) peer.send(callMessage(id, resultOf(id - 1), OPEN));
    peer.send(callMessage(LAST + 1, MAIN, RELEASE_HELD));
    await eventually(() => peer.idsOf('return').length === LENGTH + 3);
    assert.equal(state.children, LENGTH);
    assert.equal(connection.stats.inFlightCalls, 0);
    for (let id = FIRST; id <= LAST + 1; id++) peer.send(finishMessage(id, true));
    await eventually(() => connection.stats.answers === 1);
    assert.equal(state.children, 0);
    connection.close();
  });

  for (const how of ['they are all finished', 'the connection is lost'] as const) {
    test(`each on the result of the one before is given up when ${how}`, async () => {
      const { connection, peer, state } = patientSide();
      peer.send(callMessage(FIRST, MAIN, HOLD_SINK, oneCap({ which: 'receiverHosted', id: 0 })));
      for (let id = FIRST + 1; id <= LAST; id++) peer.send(callMessage(id, resultOf(id - 1), OPEN));
      await eventually(() => connection.stats.inFlightCalls === LENGTH);
      if (how === 'the connection is lost') peer.end();
      else for (let id = FIRST; id <= LAST; id++) peer.send(finishMessage(id, true));
      await eventually(() => connection.stats.inFlightCalls === 0);
      for (const { release } of state.held) release();
      assert.equal(state.children, 0, 'none of them was run');
      connection.close();
      await connection.closed;
      assert.deepEqual(Object.values(connection.stats), [0, 0, 0, 0, 0, 0]);
    });
  }

  for (const how of ['returns', 'is canceled', 'loses its connection'] as const) {
    test(`each of which takes the results of the one before ends when the first ${how}`, async () => {
      const { connection, peer } = patientSide();
      peer.send(callMessage(1, MAIN, ECHO_SINK, oneCap({ which: 'senderHosted', id: 40 })));
      const kept = (id: number, target: Target, methodId: number, fill?: Parameters<typeof callMessage>[3]): void =>
        peer.send(callMessage(id, target, methodId, fill, SEND_RESULTS_TO.yourself));
      kept(FIRST, MAIN, ECHO_SINK_LATER, oneCap({ which: 'senderHosted', id: 41 }));
      for (let id = FIRST + 1; id <= LAST; id++) kept(id, resultOf(1), PUT);
      await eventually(() => peer.idsOf('call').length === LENGTH + 1);
      const [first = -1, ...passedOn] = peer.idsOf('call');
      for (const [i, id] of passedOn.entries()) peer.send(emptyReturn(id, RETURN.takeFromOtherQuestion, FIRST + i));
      await eventually(() => peer.idsOf('finish').length === LENGTH);
      assert.equal(connection.stats.inFlightCalls, LENGTH + 1);
      if (how === 'loses its connection') peer.end();
      else if (how === 'returns') peer.send(emptyReturn(first, RETURN.results));
      else for (let id = FIRST; id <= LAST; id++) peer.send(finishMessage(id, true));
      await eventually(() => connection.stats.inFlightCalls === (how === 'is canceled' ? 1 : 0));
      if (how === 'is canceled') peer.send(emptyReturn(first, RETURN.canceled));
      await eventually(() => connection.stats.inFlightCalls === 0);
      const returns = peer.idsOf('return').filter((id) => id >= FIRST);
      assert.equal(new Set(returns).size, returns.length, 'each returns once');
      assert.equal(returns.length, how === 'loses its connection' ? 0 : LENGTH + 1);
      connection.close();
      await connection.closed;
      assert.deepEqual(Object.values(connection.stats), [0, 0, 0, 0, 0, 0]);
    });
  }
});
