import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import type { Connection } from './connection.ts';
import type { Target } from './envelope.ts';
import { bootstrapMessage, finishMessage, type OpenCall, writeCapTable } from './envelope-write.ts';
import { DEFAULT_LIMITS, type RpcLimits } from './limits.ts';
import { connectRpc } from './rpc.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import {
  Everything,
  Everything_EchoAny$Params,
  type Everything$Client,
  Stream,
  Stream$Server,
} from './testing/generated/everything.ts';
import { callMessage, connectRawPeer, frame, type RawPeer } from './testing/raw-peer.ts';
import { collectingSink } from './testing/scenarios.ts';

const HANG = 7;
const MAIN: Target = { kind: 'import', id: 0 };

type Side = Partial<RpcLimits>;

function pair(server: Side, client: Side = {}): { server: Connection; client: Connection; root: Everything$Client } {
  const [left, right] = duplexPair();
  const serving = connectRpc(left, { bootstrap: everything(everythingState()), limits: server });
  const calling = connectRpc(right, { limits: client });
  return { server: serving, client: calling, root: calling.bootstrap(Everything) };
}

async function rawServer(limits: Side): Promise<{ connection: Connection; peer: RawPeer }> {
  const { connection, peer } = connectRawPeer(limits);
  peer.send(bootstrapMessage(0));
  await peer.next('return');
  return { connection, peer };
}

const settled = (calls: readonly Promise<unknown>[]): Promise<string[]> =>
  Promise.all(
    calls.map((call) =>
      call.then(
        () => 'ok',
        (error: Error) => error.message,
      ),
    ),
  );

suite('limits', () => {
  test('every limit has a test here or in the tests of what it bounds', () => {
    // A new limit has to be added to this list, and with it a test.
    const tested = [
      'frameBytes',
      'segments',
      'traversalWords',
      'nesting',
      'inFlightCalls',
      'inFlightBytes',
      'questions',
      'answers',
      'exports',
      'imports',
      'embargoes',
      'capsPerMessage',
      'outboundBytes',
      'streamWindowBytes',
      'reasonChars',
      'keepAliveMs',
      'keepAliveTimeoutMs',
      'idleMs',
      'closeMs',
    ];
    assert.deepEqual(Object.keys(DEFAULT_LIMITS).sort(), tested.sort());
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

  test('calls beyond inFlightCalls are refused as overloaded, the others run', async () => {
    const { root, client } = pair({ inFlightCalls: 10 });
    await root.empty().promise();
    const calls = Array.from({ length: 15 }, () => root.hang().promise());
    const refused = calls.slice(10);
    for (const call of calls) call.catch(() => undefined);
    for (const call of refused) await assert.rejects(call, { type: 'overloaded', retry: 'later' });
    client.close();
    assert.equal((await settled(calls.slice(0, 10))).filter((end) => end.includes('closed')).length, 10);
  });

  test('parameters beyond inFlightBytes are refused as overloaded', async () => {
    const { root, client } = pair({ inFlightBytes: 50_000 });
    const hung = root.hang().promise();
    hung.catch(() => undefined);
    const call = root
      .echoThing((p) => {
        p._initThing()._initData(60_000);
      })
      .promise();
    await assert.rejects(call, { type: 'overloaded', message: /50000 bytes/ });
    await root.empty().promise();
    client.close();
  });

  test('own calls beyond questions are refused before they are sent', async () => {
    const { root, client } = pair({}, { questions: 5 });
    await root.empty().promise();
    const calls = Array.from({ length: 8 }, () => root.hang().promise());
    for (const call of calls) call.catch(() => undefined);
    for (const call of calls.slice(5)) await assert.rejects(call, { type: 'overloaded', mayHaveRun: false });
    client.close();
  });

  test('answers the peer does not finish end the connection (answers)', async () => {
    const { connection, peer } = await rawServer({ answers: 50 });
    for (let id = 1; id < 60; id++) peer.send(callMessage(id, MAIN, 0));
    assert.match((await connection.closed).message, /more than 50 answers/);
  });

  test('results that would hold one capability too many are refused as overloaded (exports)', async () => {
    const { root, client } = pair({ exports: 3 });
    const kept = [root.open(), root.open()];
    for (const call of kept) await call.promise();
    await assert.rejects(root.open().promise(), { type: 'overloaded' });
    kept[0]?.[Symbol.dispose]();
    await root.open().promise();
    client.close();
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

  test('a peer that does not read is given up (outboundBytes)', async () => {
    const deaf = new Duplex({ read() {}, write() {} });
    const connection = connectRpc(deaf, { limits: { outboundBytes: 100_000, closeMs: 10 } });
    const root = connection.bootstrap(Everything);
    const calls = Array.from({ length: 30 }, () =>
      root
        .echoThing((p) => {
          p._initThing()._initData(10_000);
        })
        .promise(),
    );
    const ending = settled(calls.slice(8));
    for (const call of calls.slice(0, 8)) call.catch(() => undefined);
    const ends = await ending;
    assert.ok(
      ends.every((end) => /does not read/.test(end)),
      ends.join('\n'),
    );
    connection.close();
    await eventually(() => deaf.destroyed);
  });

  test('a peer that asks and never reads the answers is given up (outboundBytes)', async () => {
    const deaf = new Duplex({ read() {}, write() {} });
    const connection = connectRpc(deaf, {
      bootstrap: everything(everythingState()),
      limits: { outboundBytes: 100_000, closeMs: 10 },
    });
    deaf.push(frame(bootstrapMessage(0)));
    const echo = ({ content }: OpenCall): void => {
      content.initStruct(Everything_EchoAny$Params).any.set(new Uint8Array(10_000));
    };
    for (let id = 1; id < 20; id++) deaf.push(frame(callMessage(id, MAIN, 12, echo)));
    const why = await connection.closed;
    assert.match(why.message, /bytes wait for a peer that does not read/);
    assert.equal(why.type, 'overloaded');
    await eventually(() => deaf.destroyed);
  });

  test('a stream waits once streamWindowBytes are unacknowledged', async () => {
    let arrived = 0;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const [left, right] = duplexPair();
    connectRpc(left, {
      bootstrap: new Stream$Server({
        async write() {
          arrived++;
          await gate;
        },
        done() {},
      }).client(),
    });
    const stream = connectRpc(right, { limits: { streamWindowBytes: 10_000 } }).bootstrap({
      Client: (await import('./testing/generated/everything.ts')).Stream$Client,
    });
    let sent = 0;
    const sending = (async () => {
      for (; sent < 20; sent++)
        await stream.write((p) => {
          p._initChunk(1_000);
        });
    })();
    await eventually(() => arrived >= 9);
    assert.ok(sent < 11, `${sent} chunks were sent without an acknowledgement`);
    open();
    await sending;
    await eventually(() => arrived === 20);
    stream.close();
  });

  test('the first error of a stream rejects every later write', async () => {
    const [left, right] = duplexPair();
    connectRpc(left, {
      bootstrap: new Stream$Server({
        write() {
          throw new Error('disk full');
        },
        done() {},
      }).client(),
    });
    const connection = connectRpc(right);
    const stream = connection.bootstrap(Stream);
    await stream.write();
    await stream.done().promise();
    await assert.rejects(stream.write(), /disk full/);
    await assert.rejects(stream.write(), /disk full/);
    connection.close();
  });

  test('long reasons are cut (reasonChars)', async () => {
    const { root } = pair({ reasonChars: 100 });
    await assert.rejects(
      root
        .fail((p) => {
          p.reason = 'x'.repeat(5_000);
        })
        .promise(),
      ({ message }: Error) => message.length === 100,
    );
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
