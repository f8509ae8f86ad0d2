import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Connection } from '../connection.ts';
import { bootstrapMessage } from '../envelope-write.ts';
import type { RpcLimits } from '../limits.ts';
import { connectRpc } from '../rpc.ts';
import { messageBytes } from './arbitrary-messages.ts';
import { collectingSink } from './collecting-sink.ts';
import { duplexPair } from './duplex-pair.ts';
import { everything, everythingState } from './everything-server.ts';
import { Everything, type Everything$Client } from './generated/everything.ts';
import { frame } from './raw-peer.ts';
import { converse, mutate, mutation, recorded } from './recordings.ts';

/** Limits small enough that random conversations reach them. */
const LIMITS: Partial<RpcLimits> = {
  frameBytes: 200_000,
  traversalWords: 100_000,
  inFlightCalls: 20,
  answers: 40,
  exports: 60,
  imports: 60,
  embargoes: 10,
  capsPerMessage: 20,
  outboundBytes: 2_000_000,
  closeMs: 1,
};

/** What one run of a property has to come to: the connection is over, nothing is left, every call has settled. */
async function assertClean(connection: Connection, calls: readonly Promise<unknown>[]): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise(setImmediate);
  connection.close('the run is over');
  await connection.closed;
  const ended = Promise.allSettled(calls).then(() => 'settled');
  const turns = (async () => {
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    return 'a call hangs';
  })();
  assert.equal(await Promise.race([ended, turns]), 'settled');
  const { questions, answers, exports, imports, embargoes } = connection.stats;
  assert.equal(questions + answers + exports + imports + embargoes, 0, JSON.stringify(connection.stats));
}

/** Calls that leave questions, exports and promises behind for random messages to refer to. */
function someCalls(root: Everything$Client): Promise<unknown>[] {
  const calls = [
    root
      .echoSink((p) => {
        p.sink = collectingSink([]);
      })
      .getSink()
      .put()
      .promise(),
    root
      .holdSink((p) => {
        p.sink = collectingSink([]);
      })
      .getLater()
      .put()
      .promise(),
    root.open().promise(),
  ];
  for (const pending of calls) pending.catch(() => undefined);
  return calls;
}

/** Random messages to a side that serves, calls, and holds capabilities. */
export const messageSequences = fc.asyncProperty(
  fc.array(messageBytes, { maxLength: 40 }),
  fc.boolean(),
  async (messages, calling) => {
    const [left, right] = duplexPair();
    right.on('data', () => undefined).on('error', () => undefined);
    const connection = connectRpc(left, { bootstrap: everything(everythingState()), limits: LIMITS });
    const calls = calling ? someCalls(connection.bootstrap(Everything)) : [];
    right.write(frame(bootstrapMessage(0)));
    for (const [i, one] of messages.entries()) {
      if (right.destroyed || !right.writable) break;
      right.write(Buffer.from(one, 'hex'));
      if (i % 5 === 4) await new Promise(setImmediate);
    }
    await assertClean(connection, calls);
  },
);

/** Mutated recordings, played to a server and to a client that is in the middle of the same conversation. */
export const mutatedRecordings = fc.asyncProperty(
  fc.nat(30),
  fc.array(mutation, { minLength: 1, maxLength: 4 }),
  fc.boolean(),
  async (seed, mutations, toClient) => {
    const recording = await recorded(seed);
    let bytes = toClient ? recording.toClient : recording.toServer;
    for (const one of mutations) bytes = mutate(bytes, one);
    const [left, right] = duplexPair();
    right.on('data', () => undefined).on('error', () => undefined);
    const connection = connectRpc(left, { bootstrap: everything(everythingState()), limits: LIMITS });
    const talking = toClient ? converse(connection.bootstrap(Everything), seed) : Promise.resolve();
    talking.catch(() => undefined);
    for (let at = 0; at < bytes.length && right.writable; at += 997) {
      right.write(bytes.subarray(at, at + 997));
      await new Promise(setImmediate);
    }
    await assertClean(connection, [talking]);
  },
);

/** Runs a property for a time; a failure says how to run it again. Answers how many runs there were. */
export async function fuzzFor(property: fc.IAsyncProperty<unknown>, ms: number, seed: number): Promise<number> {
  const result = await fc.check(property, {
    seed,
    numRuns: 1_000_000_000,
    interruptAfterTimeLimit: ms,
    markInterruptAsFailure: false,
    endOnFailure: false,
  });
  if (result.failed && !result.interrupted) {
    const { counterexample, counterexamplePath, errorInstance } = result;
    const shown = JSON.stringify(counterexample);
    throw new Error(`seed ${seed}, path ${counterexamplePath}: ${shown.slice(0, 4_000)}`, { cause: errorInstance });
  }
  return result.numRuns;
}
