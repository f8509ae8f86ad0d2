import assert from 'node:assert/strict';
import type { Connection } from '../connection.ts';
import { collectingSink } from './collecting-sink.ts';
import { Everything, type Everything$Client } from './generated/everything.ts';
import { HagglingPeer } from './haggling-peer.ts';
import { turn } from './manual-timer.ts';
import { connectRawPeer } from './raw-peer.ts';

/** What this side does meanwhile; every promise it makes is in `calls`. */
function callSomething(root: Everything$Client, random: () => number, calls: Promise<unknown>[]): AbortController {
  const controller = new AbortController();
  const call = root.echoSinkLater(
    (p) => {
      p.sink = collectingSink([]);
    },
    { signal: controller.signal },
  );
  const sink = call.getSink();
  const put = sink.put();
  calls.push(call.promise(), put.promise());
  for (const one of calls.slice(-2)) one.catch(() => undefined);
  const dice = random();
  if (dice < 0.2) sink.client.close();
  else if (dice < 0.4) call[Symbol.dispose]();
  else if (dice < 0.6) controller.abort(new Error('never mind'));
  else if (dice < 0.8) setImmediate(() => controller.abort(new Error('never mind')));
  void Promise.allSettled(calls.slice(-2)).then(() => {
    sink.client.close();
    call[Symbol.dispose]();
    put[Symbol.dispose]();
  });
  return controller;
}

/** Says what is wrong with a peer that was merely led round in a circle by chance. */
const BY_CHANCE = /to itself|wait for the call that takes them/;

const NOTHING = { questions: 0, answers: 0, imports: 0, embargoes: 0, inFlightCalls: 0, theirs: 0 };

/** What Resolve exported is the peer's until it releases it, which this one does by leaving. */
function assertAtRest(connection: Connection, peer: HagglingPeer): void {
  const { questions, answers, imports, embargoes, inFlightCalls } = connection.stats;
  assert.deepEqual({ questions, answers, imports, embargoes, inFlightCalls, theirs: peer.theirs.size }, NOTHING);
  for (const [id, left] of peer.sent) assert.equal(left, 0, `capability ${id} was not given back`);
}

/** Everybody gives up what is left, until nothing happens any more. */
async function makePeace(peer: HagglingPeer, release: () => void): Promise<void> {
  peer.resolve();
  for (let round = 0; round < 20; round++) {
    release();
    await turn();
    peer.giveUp();
  }
}

/** One conversation with a haggling peer; whether it ends in peace or in the middle, nothing may be left. */
export async function haggle(random: () => number): Promise<'in peace' | 'cut'> {
  const { connection, peer: raw, state } = connectRawPeer();
  const peer = new HagglingPeer(raw, random);
  const root = connection.bootstrap(Everything);
  const calls: Promise<unknown>[] = [];
  const controllers: AbortController[] = [];
  const release = (): void => {
    for (const controller of controllers) controller.abort(new Error('never mind'));
    for (const held of state.held.splice(0)) held.release();
    state.kept?.close();
    state.kept = undefined;
    root.client.close();
  };
  // Export 0 is the main object from here on.
  await turn();
  for (let steps = 5 + Math.floor(random() * 60); steps > 0; steps--) {
    peer.read();
    if (random() < 0.2) controllers.push(callSomething(root, random, calls));
    else peer.act();
    if (random() < 0.4) await new Promise(setImmediate);
  }
  const inPeace = random() < 0.7;
  if (inPeace) await makePeace(peer, release);
  if (connection.open && inPeace) assertAtRest(connection, peer);
  if (!connection.open) assert.match((await connection.closed).message, BY_CHANCE);
  raw.end();
  await connection.closed;
  // What waits for an object of this side does so until that one says what it is.
  release();
  let settled = 0;
  for (const call of calls) void call.finally(() => settled++).catch(() => undefined);
  await turn();
  assert.equal(settled, calls.length, 'a call hangs');
  assert.equal(state.children, 0, 'an object is still held');
  return inPeace ? 'in peace' : 'cut';
}
