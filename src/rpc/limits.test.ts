import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { writeCapTable } from './cap-write.ts';
import type { Connection } from './connection.ts';
import { DISEMBARGO, type Target } from './envelope.ts';
import { bootstrapMessage, disembargoMessage, finishMessage } from './envelope-write.ts';
import { DEFAULT_LIMITS, type RpcLimits } from './limits.ts';
import { collectingSink } from './testing/collecting-sink.ts';
import { type ConnectedPair, connectedPair } from './testing/connected-pair.ts';
import { eventually } from './testing/eventually.ts';
import { words } from './testing/malformed-messages.ts';
import { callMessage, connectRawPeer, oneCap, type RawPeer } from './testing/raw-peer.ts';

const HANG = 7;
const HOLD_SINK = 16;
const MAIN: Target = { kind: 'import', id: 0 };

type Side = Partial<RpcLimits>;

const pair = (server: Side, client: Side = {}): ConnectedPair => connectedPair({ limits: server }, { limits: client });

async function rawServer(limits: Side): Promise<{ connection: Connection; peer: RawPeer }> {
  const { connection, peer } = connectRawPeer(limits);
  peer.send(bootstrapMessage(0));
  await peer.next('return');
  return { connection, peer };
}

suite('limits', () => {
  test('every limit there is, is named by a test that reaches it', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
    const code = files.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')).join('\n');
    const titles = [...code.matchAll(/^ *test\(\s*['`](.*)['`],/gm)].map(([, title = '']) => title);
    const named = (limit: string): boolean => titles.some((title) => new RegExp(`\\b${limit}\\b`).test(title));
    const others = ['MAX_QUEUED_CALLS', 'maxConnections'];
    assert.deepEqual(
      [...Object.keys(DEFAULT_LIMITS), ...others].filter((limit) => !named(limit)),
      [],
    );
  });

  test('a frame beyond frameBytes ends the connection', async () => {
    const { root, server } = pair({ frameBytes: 10_000 });
    const call = root
      .echoThing((p) => {
        p._initThing()._initData(20_000);
      })
      .promise();
    await assert.rejects(call, /the limit is 10000/);
    assert.match((await server.closed).message, /20\d\d\d bytes, the limit is 10000/);
  });

  test('more segments than the limit end the connection (segments)', async () => {
    const { connection, peer } = await rawServer({ segments: 2 });
    peer.sendBytes(words(2, 1, 1, 1));
    assert.match((await connection.closed).message, /3 segments, the limit is 2/);
  });

  test('traversalWords bounds the work of reading one message', async () => {
    const { root, server } = pair({ traversalWords: 1_000 });
    await assert.rejects(
      root
        .echoThing((p) => {
          p._initThing()._initInners(1_000);
        })
        .promise(),
      /traversal limit/,
    );
    assert.match((await server.closed).message, /traversal limit/);
  });

  test('nesting bounds the depth of pointers', async () => {
    const { root, server } = pair({ nesting: 5 });
    await assert.rejects(
      root
        .echoThing((p) => {
          p._initThing()._initNested(1).init(0, 1).set(0, 'deep');
        })
        .promise(),
      /nesting limit/,
    );
    await server.closed;
  });

  test('answers the peer does not finish end the connection (answers)', async () => {
    const { connection, peer } = await rawServer({ answers: 50 });
    for (let id = 1; id < 60; id++) peer.send(callMessage(id, MAIN, 0));
    assert.match((await connection.closed).message, /more than 50 answers/);
  });

  test('capabilities sent beyond imports end the connection', async () => {
    const { connection, peer } = await rawServer({ imports: 100 });
    const sendCaps = (id: number, from: number): void => {
      const caps = Array.from({ length: 60 }, (_, i) => ({ which: 'senderHosted' as const, id: from + i }));
      peer.send(callMessage(id, MAIN, HANG, ({ message, payloadAt }) => writeCapTable(message.first, payloadAt, caps)));
    };
    sendCaps(1, 0);
    sendCaps(2, 60);
    assert.match((await connection.closed).message, /more than 100 capabilities/);
  });

  test('one message with too many capabilities ends the connection (capsPerMessage)', async () => {
    const { connection, peer } = await rawServer({ capsPerMessage: 10 });
    const caps = Array.from({ length: 11 }, (_, id) => ({ which: 'senderHosted' as const, id }));
    peer.send(callMessage(1, MAIN, HANG, ({ message, payloadAt }) => writeCapTable(message.first, payloadAt, caps)));
    assert.match((await connection.closed).message, /11 capabilities in one message/);
  });

  test('a path of too many steps ends the connection (nesting)', async () => {
    const { connection, peer } = await rawServer({});
    peer.send(callMessage(1, { kind: 'answer', questionId: 0, path: Array.from({ length: 65 }, () => 0) }, 0));
    assert.match((await connection.closed).message, /a path of 65 steps/);
  });

  test('too many capabilities asked of one answer end the connection (capsPerMessage)', async () => {
    const { connection, peer } = await rawServer({ capsPerMessage: 10 });
    peer.send(callMessage(1, MAIN, HANG));
    for (let i = 0; i < 12; i++) peer.send(callMessage(2 + i, { kind: 'answer', questionId: 1, path: [i] }, 0));
    assert.match((await connection.closed).message, /more than 10 capabilities asked of one answer/);
  });

  test('embargoes the peer never lifts end the connection (embargoes)', async () => {
    const { root, server } = pair({}, { embargoes: 0 });
    const echo = root.echoSink((p) => {
      p.sink = collectingSink([]);
    });
    const put = echo.getSink().put().promise();
    put.catch(() => undefined);
    assert.match((await server.closed).message, /too many embargoes/);
  });

  test('embargoes of the peer that cannot be answered yet end the connection beyond embargoes', async () => {
    const { connection, peer } = await rawServer({ embargoes: 3 });
    peer.send(callMessage(1, MAIN, HOLD_SINK, oneCap({ which: 'senderHosted', id: 40 })));
    const held: Target = { kind: 'answer', questionId: 1, path: [0] };
    for (let id = 0; id < 4; id++) peer.send(disembargoMessage(held, DISEMBARGO.senderLoopback, id));
    assert.match((await connection.closed).message, /too many embargoes wait/);
  });

  test('finished questions make room again, however many there were', async () => {
    const { connection, peer } = await rawServer({ answers: 5 });
    for (let round = 0; round < 100; round++) {
      peer.send(callMessage(7, MAIN, 0));
      peer.send(finishMessage(7, true));
    }
    await eventually(() => peer.received.filter(({ kind }) => kind === 'return').length === 101);
    assert.equal(connection.open, true);
    connection.close();
  });
});
