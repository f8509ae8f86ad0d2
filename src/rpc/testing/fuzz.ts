import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Message } from '../capnp/message.ts';
import type { Connection } from '../connection.ts';
import { type Descriptor, DISEMBARGO, type Target } from '../envelope.ts';
import {
  bootstrapMessage,
  disembargoMessage,
  emptyReturn,
  exceptionReturn,
  finishMessage,
  releaseMessage,
  resolveMessage,
  writeCapTable,
} from '../envelope-write.ts';
import type { RpcLimits } from '../limits.ts';
import { connectRpc } from '../rpc.ts';
import { RpcError } from '../rpc-error.ts';
import { duplexPair } from './duplex-pair.ts';
import { everything, everythingState } from './everything-server.ts';
import { fillThing } from './full-thing.ts';
import { Everything, type Everything$Client } from './generated/everything.ts';
import { callMessage, frame } from './raw-peer.ts';
import { collectingSink, embargoRound } from './scenarios.ts';
import { seededRandom } from './seeded-random.ts';

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

/** Ids are few, so that messages often hit something that exists. */
const id = fc.nat(5);
const path = fc.array(fc.nat(2), { maxLength: 3 });
const target: fc.Arbitrary<Target> = fc.oneof(
  id.map((n) => ({ kind: 'import', id: n }) as const),
  fc.tuple(id, path).map(([questionId, steps]) => ({ kind: 'answer', questionId, path: steps }) as const),
);
const descriptor: fc.Arbitrary<Descriptor> = fc.oneof(
  fc.constant({ which: 'none' } as const),
  fc
    .tuple(fc.constantFrom('senderHosted', 'senderPromise', 'receiverHosted'), id)
    .map(([which, n]) => ({ which, id: n }) as Descriptor),
  fc.tuple(id, path).map(([questionId, steps]) => ({ which: 'receiverAnswer', questionId, path: steps }) as const),
);

const call = fc
  .tuple(id, target, fc.nat(20), fc.array(descriptor, { maxLength: 3 }), fc.nat(2), fc.nat(3))
  .map(([n, to, method, caps, sendResultsTo, pointer]) =>
    callMessage(
      n,
      to,
      method,
      ({ message, content, payloadAt }) => {
        const segment = message.first;
        const at = segment.allocate(24);
        segment.view.setInt32(content.at, ((at - content.at - 8) / 8) << 2, true);
        segment.view.setUint32(content.at + 4, 0x0002_0001, true);
        // The first pointer of the parameters is a capability of the table, or nothing.
        if (pointer > 0) segment.view.setUint32(at + 8, 3, true);
        segment.view.setUint32(at + 12, pointer > 0 ? pointer - 1 : 0, true);
        segment.view.setUint32(at, 5, true);
        if (caps.length > 0) writeCapTable(segment, payloadAt, caps);
      },
      sendResultsTo,
    ),
  );

/** One message of the protocol, often a sensible one. */
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  { weight: 6, arbitrary: call },
  { weight: 2, arbitrary: id.map(bootstrapMessage) },
  { weight: 4, arbitrary: fc.tuple(id, fc.boolean()).map(([n, release]) => finishMessage(n, release)) },
  { weight: 2, arbitrary: fc.tuple(id, fc.nat(2)).map(([n, count]) => releaseMessage(n, count)) },
  { weight: 2, arbitrary: fc.tuple(id, fc.nat(6), id).map(([n, which, other]) => emptyReturn(n, which, other)) },
  { weight: 1, arbitrary: id.map((n) => exceptionReturn(n, new RpcError('failed', 'so be it'), 100)) },
  { weight: 2, arbitrary: fc.tuple(id, descriptor).map(([n, cap]) => resolveMessage(n, { cap })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(target, fc.constantFrom(DISEMBARGO.senderLoopback, DISEMBARGO.receiverLoopback), id)
      .map(([to, which, n]) => disembargoMessage(to, which, n)),
  },
);

/** The same as bytes, which a report of a failure can show. */
const message = anyMessage.map((one) => frame(one).toString('hex'));

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
  fc.array(message, { maxLength: 40 }),
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

type Recording = { readonly toServer: Buffer; readonly toClient: Buffer };

/** A real conversation, as bytes of both directions. */
export async function record(seed: number): Promise<Recording> {
  const [left, right] = duplexPair();
  const toServer: Buffer[] = [];
  const toClient: Buffer[] = [];
  left.on('data', (chunk: Buffer) => toServer.push(chunk));
  right.on('data', (chunk: Buffer) => toClient.push(chunk));
  connectRpc(left, { bootstrap: everything(everythingState()) });
  const client = connectRpc(right);
  await converse(client.bootstrap(Everything), seed);
  client.close();
  return { toServer: Buffer.concat(toServer), toClient: Buffer.concat(toClient) };
}

async function converse(root: Everything$Client, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const steps = [
    async () => root.echoThing((p) => fillThing(p._initThing())).promise(),
    async () =>
      root
        .feed((p) => {
          p.sink = collectingSink([]);
          p.count = 5;
        })
        .promise(),
    async () =>
      root
        .open((p) => {
          p.name = 'x';
        })
        .getChild()
        .whoAmI()
        .promise(),
    async () => embargoRound(root, random),
    async () =>
      root
        .fail((p) => {
          p.reason = 'y';
        })
        .promise()
        .catch(() => undefined),
    async () =>
      root
        .openStream()
        .getStream()
        .write((p) => {
          p._initChunk(300);
        }),
  ];
  for (let i = 0; i < 6; i++) await steps[Math.floor(random() * steps.length)]?.();
}

type Mutation = { readonly kind: number; readonly at: number; readonly value: number };

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.nat(5),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  value: fc.nat(0xffff_ffff),
});

/** Changes a recording: a bit, a byte, a word, a piece taken out, a piece doubled, an end. */
function mutate(bytes: Buffer, { kind, at, value }: Mutation): Buffer {
  const place = Math.floor(at * bytes.length);
  const copy = Buffer.from(bytes);
  const word = Math.min(place & ~3, Math.max(0, copy.length - 4));
  switch (kind) {
    case 0:
      copy[place] = (copy[place] ?? 0) ^ (1 << (value & 7));
      return copy;
    case 1:
      copy[place] = value & 0xff;
      return copy;
    case 2:
      if (copy.length >= 4) copy.writeUInt32LE(value, word);
      return copy;
    case 3:
      return Buffer.concat([copy.subarray(0, word), copy.subarray(word + (value & 0xf8))]);
    case 4:
      return Buffer.concat([copy.subarray(0, word), copy.subarray(Math.max(0, word - (value & 0xf8)))]);
    default:
      return copy.subarray(0, place);
  }
}

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

const recordings = new Map<number, Promise<Recording>>();

function recorded(seed: number): Promise<Recording> {
  let known = recordings.get(seed);
  if (known === undefined) {
    known = record(seed);
    recordings.set(seed, known);
  }
  return known;
}

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
