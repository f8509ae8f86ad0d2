import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Message } from './capnp/message.ts';
import type { Segment } from './capnp/segment.ts';
import type { Connection } from './connection.ts';
import { DISEMBARGO, RETURN, type Target } from './envelope.ts';
import {
  bootstrapMessage,
  disembargoMessage,
  emptyReturn,
  finishMessage,
  type OpenCall,
  releaseMessage,
  resolveMessage,
  writeCapTable,
} from './envelope-write.ts';
import type { RpcLimits } from './limits.ts';
import { connectRpc } from './rpc.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything } from './testing/generated/everything.ts';
import { callMessage, RawPeer } from './testing/raw-peer.ts';

/** Method numbers of everything.capnp. */
const EMPTY = 0;
const ECHO_THING = 1;
const WHO_AM_I = 3;
const ECHO_SINK = 5;
const HANG = 7;
const ECHO_ANY = 12;

const MAIN: Target = { kind: 'import', id: 0 };

function setUp(limits: Partial<RpcLimits> = {}): { connection: Connection; peer: RawPeer } {
  const [left, right] = duplexPair();
  const connection = connectRpc(left, { bootstrap: everything(everythingState()), limits });
  const peer = new RawPeer(right);
  // Export 0 is the main object from here on.
  peer.send(bootstrapMessage(1_000));
  return { connection, peer };
}

/** Puts raw words where the parameters' pointer and content go. */
function rawParams(...words: readonly (readonly [low: number, high: number])[]): (open: OpenCall) => void {
  return ({ message, payloadAt }) => {
    const segment = message.first;
    segment.allocate(words.length * 8);
    for (const [i, [low, high]] of words.entries()) {
      // The first word overwrites the pointer in the payload; the others follow the capability table's pointer.
      const at = i === 0 ? payloadAt : payloadAt + 8 + i * 8;
      segment.view.setInt32(at, low, true);
      segment.view.setUint32(at + 4, high, true);
    }
  };
}

function withCap(which: 'receiverHosted', id: number): (open: OpenCall) => void {
  return ({ message, payloadAt }) => writeCapTable(message.first, payloadAt, [{ which, id }]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, i * 4);
  return bytes;
}

function rawMessage(fill: (segment: Segment) => void, wordCount: number): Message {
  const message = Message.build();
  message.first.allocate(wordCount * 8);
  fill(message.first);
  return message;
}

/** What a peer does wrong, and the reason the connection has to end with. */
const OFFENCES: readonly (readonly [what: string, reason: RegExp, offend: (peer: RawPeer) => void])[] = [
  [
    'a Return for a question that was not asked',
    /Return for question 77/,
    (p) => p.send(emptyReturn(77, RETURN.canceled)),
  ],
  ['a Finish for a question that was not asked', /Finish for question 77/, (p) => p.send(finishMessage(77, true))],
  [
    'a second Finish for one question',
    /Finish for question 1 /,
    (p) => {
      p.send(callMessage(1, MAIN, HANG));
      p.send(finishMessage(1, true));
      p.send(finishMessage(1, true));
    },
  ],
  ['a Release of a capability it does not hold', /Release of capability 9/, (p) => p.send(releaseMessage(9, 1))],
  ['a Release of more references than it holds', /Release of capability 0/, (p) => p.send(releaseMessage(0, 2))],
  [
    'a Resolve of a capability that is no promise',
    /Resolve of capability 5/,
    (p) => {
      const keep = callMessage(1, MAIN, HANG, ({ message, payloadAt }) => {
        writeCapTable(message.first, payloadAt, [{ which: 'senderHosted', id: 5 }]);
      });
      p.send(keep);
      p.send(resolveMessage(5, { cap: { which: 'receiverHosted', id: 0 } }));
    },
  ],
  [
    'a promise that resolves to itself',
    /promise 5 to itself/,
    (p) => {
      const keep = callMessage(1, MAIN, HANG, ({ message, payloadAt }) => {
        writeCapTable(message.first, payloadAt, [{ which: 'senderPromise', id: 5 }]);
      });
      p.send(keep);
      p.send(resolveMessage(5, { cap: { which: 'senderPromise', id: 5 } }));
    },
  ],
  [
    'a chain of promises without end',
    /65 promises in a row/,
    (p) => {
      const keep = callMessage(1, MAIN, HANG, ({ message, payloadAt }) => {
        writeCapTable(message.first, payloadAt, [{ which: 'senderPromise', id: 5 }]);
      });
      p.send(keep);
      for (let id = 5; id < 80; id++) p.send(resolveMessage(id, { cap: { which: 'senderPromise', id: id + 1 } }));
    },
  ],
  [
    'a Disembargo nobody waits for',
    /unknown embargo 3/,
    (p) => p.send(disembargoMessage(MAIN, DISEMBARGO.receiverLoopback, 3)),
  ],
  [
    'a Disembargo of what does not point back',
    /does not point back/,
    (p) => p.send(disembargoMessage(MAIN, DISEMBARGO.senderLoopback, 3)),
  ],
  [
    'a call on a capability it does not hold',
    /capability 8 is not exported/,
    (p) => p.send(callMessage(1, { kind: 'import', id: 8 }, EMPTY)),
  ],
  [
    'a call on an answer that does not exist',
    /promised answer 8 does not exist/,
    (p) => p.send(callMessage(1, { kind: 'answer', questionId: 8, path: [0] }, EMPTY)),
  ],
  [
    'a call on its own answer',
    /promised answer 1 does not exist/,
    (p) => p.send(callMessage(1, { kind: 'answer', questionId: 1, path: [0] }, EMPTY)),
  ],
  [
    'a question id that is in use',
    /question 1 is in use/,
    (p) => {
      p.send(callMessage(1, MAIN, HANG));
      p.send(callMessage(1, MAIN, HANG));
    },
  ],
  [
    'a parameter that names a capability it does not hold',
    /receiverHosted 6/,
    (p) => p.send(callMessage(1, MAIN, ECHO_SINK, withCap('receiverHosted', 6))),
  ],
  [
    'results of a question that are not kept',
    /question 5/,
    (p) => p.send(emptyReturn(5, RETURN.takeFromOtherQuestion, 9)),
  ],
  ['a null message', /it is null/, (p) => p.sendBytes(words(0, 1, 0, 0))],
  ['an empty first segment', /first segment is empty/, (p) => p.sendBytes(words(0, 0, 0, 0))],
  ['too many segments', /600 segments, the limit is 512/, (p) => p.sendBytes(words(599, 1))],
  ['a frame beyond the limit', /the limit is 67108864/, (p) => p.sendBytes(words(0, 0x0fff_ffff))],
  ['a root out of bounds', /out of bounds/, (p) => p.sendBytes(words(0, 1, 0x40, 0x0001_0001))],
  ['a root that is a list', /another kind/, (p) => p.sendBytes(words(0, 1, 1, 0))],
  ['a far pointer to no segment', /no segment 7/, (p) => p.sendBytes(words(0, 1, 2, 7))],
  ['a far pointer to itself', /lands on a far pointer/, (p) => p.sendBytes(words(0, 1, 2, 0))],
  ['a double far pointer to nonsense', /not far|out of bounds/, (p) => p.sendBytes(words(0, 2, 6, 0, 0, 1))],
  [
    'a struct that contains itself',
    /nesting limit/,
    (p) => p.send(callMessage(1, MAIN, ECHO_THING, rawParams([4, 0x0001_0000], [-4, 0x0001_0000]))),
  ],
  [
    'parameters out of bounds',
    /out of bounds/,
    (p) => p.send(callMessage(1, MAIN, ECHO_THING, rawParams([0x4000, 0x0001_0000]))),
  ],
  [
    'a list where a struct is meant',
    /another kind/,
    (p) => p.send(callMessage(1, MAIN, ECHO_THING, rawParams([1, 2]))),
  ],
  [
    'a list of half a billion nothings',
    /traversal limit/,
    (p) => p.send(callMessage(1, MAIN, ECHO_ANY, rawParams([4, 0x0001_0000], [1, 0xffff_fff8]))),
  ],
];

suite('a hostile peer', () => {
  for (const [what, reason, offend] of OFFENCES) {
    test(`${what} ends in one clean abort with a reason`, async () => {
      const { connection, peer } = setUp();
      await peer.next('return');
      offend(peer);
      const why = await connection.closed;
      assert.match(why.message, reason);
      const abort = await peer.next('abort');
      assert.match(abort.detail, reason);
      assert.equal(peer.received.filter(({ kind }) => kind === 'abort').length, 1);
      assert.ok(
        Object.values(connection.stats).every((n) => n === 0),
        JSON.stringify(connection.stats),
      );
    });
  }

  test('a stream that ends inside a message says so', async () => {
    const { connection, peer } = setUp();
    peer.sendBytes(words(0, 5, 1));
    peer.end();
    assert.match((await connection.closed).message, /in the middle of a message/);
  });

  test('an unknown message is sent back as unimplemented, and the connection lives on', async () => {
    const { connection, peer } = setUp();
    const unknown = rawMessage((segment) => {
      segment.view.setUint32(4, 0x0001_0001, true);
      segment.view.setUint16(8, 99, true);
    }, 3);
    peer.send(unknown);
    await peer.next('unimplemented');
    peer.received.length = 0;
    peer.send(callMessage(1, MAIN, EMPTY));
    assert.equal((await peer.next('return')).detail, 'results');
    connection.close();
  });

  test('results for a third party are refused as unimplemented', async () => {
    const { connection, peer } = setUp();
    await peer.next('return');
    peer.received.length = 0;
    peer.send(callMessage(1, MAIN, WHO_AM_I, undefined, 2));
    assert.match((await peer.next('return')).detail, /^unimplemented: .*level 3/);
    connection.close();
  });

  test('other connections of the same server do not notice', async () => {
    const { connection: victim, peer } = setUp();
    const [left, right] = duplexPair();
    const server = connectRpc(left, { bootstrap: everything(everythingState()) });
    const client = connectRpc(right);
    const root = client.bootstrap(Everything);
    await root.empty().promise();
    peer.send(releaseMessage(9, 1));
    await victim.closed;
    await root.empty().promise();
    client.close();
    await server.closed;
  });
});
