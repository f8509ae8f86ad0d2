import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import { MAX_QUEUED_CALLS } from './call-queue.ts';
import type { Connection } from './connection.ts';
import type { Target } from './envelope.ts';
import { bootstrapMessage, type OpenCall } from './envelope-write.ts';
import type { RpcLimits } from './limits.ts';
import { promisedClient } from './promised-client.ts';
import { connectRpc } from './rpc.ts';
import { serveRpc } from './serve.ts';
import { collectingSink } from './testing/collecting-sink.ts';
import { type ConnectedPair, connectedPair } from './testing/connected-pair.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import {
  Everything,
  Everything_EchoAny$Params,
  Sink,
  Stream,
  Stream$Client,
  Stream$Server,
} from './testing/generated/everything.ts';
import { ManualTimer, turn } from './testing/manual-timer.ts';
import { callMessage, frame } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };

type Side = Partial<RpcLimits>;

const pair = (server: Side, client: Side = {}): ConnectedPair => connectedPair({ limits: server }, { limits: client });

const settled = (calls: readonly Promise<unknown>[]): Promise<string[]> =>
  Promise.all(
    calls.map((call) =>
      call.then(
        () => 'ok',
        (error: Error) => error.message,
      ),
    ),
  );

suite('limits of work', () => {
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

  test('results that would hold one capability too many are refused as overloaded (exports)', async () => {
    const { root, client } = pair({ exports: 3 });
    const kept = [root.open(), root.open()];
    for (const call of kept) await call.promise();
    await assert.rejects(root.open().promise(), { type: 'overloaded' });
    kept[0]?.[Symbol.dispose]();
    await root.open().promise();
    client.close();
  });

  test('calls on one promise beyond MAX_QUEUED_CALLS are refused as overloaded, the others run', async () => {
    const seen: number[] = [];
    const { client, resolve } = promisedClient(Sink);
    const calls = Array.from({ length: MAX_QUEUED_CALLS }, () => client.put().promise());
    await assert.rejects(client.put().promise(), { type: 'overloaded', retry: 'later' });
    resolve(collectingSink(seen));
    await Promise.all(calls);
    assert.equal(seen.length, MAX_QUEUED_CALLS);
    client.close();
  });

  test('connections beyond maxConnections are closed at once, and make no room for themselves', async (context) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const serving = serveRpc(server, { bootstrap: everything(everythingState()), maxConnections: 2 });
    context.after(() => serving.close());
    const { port } = server.address() as AddressInfo;
    const connectOne = () => connectRpc(connect(port, '127.0.0.1'));
    const works = (connection: Connection) => connection.bootstrap(Everything).empty().promise();
    const [first, second] = [connectOne(), connectOne()];
    await Promise.all([works(first), works(second)]);
    const third = connectOne();
    await assert.rejects(works(third), { type: 'disconnected' });
    await Promise.all([works(first), works(second)]);
    first.close();
    await eventually(() => serving.connections.size === 1);
    const fourth = connectOne();
    await works(fourth);
    for (const connection of [second, fourth]) connection.close();
  });

  test('a peer that takes nothing more has closeMs for the last bytes, then the stream is destroyed', async () => {
    const deaf = new Duplex({ read() {}, write() {} });
    const timer = new ManualTimer();
    const connection = connectRpc(deaf, { timer, limits: { closeMs: 500 } });
    connection.bootstrap(Everything);
    await turn();
    connection.close();
    await connection.closed;
    await timer.advance(499);
    assert.equal(deaf.destroyed, false);
    await timer.advance(1);
    assert.equal(deaf.destroyed, true);
    assert.equal(timer.pending, 0);
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
    const stream = connectRpc(right, { limits: { streamWindowBytes: 10_000 } }).bootstrap({ Client: Stream$Client });
    let sent = 0;
    const sending = (async () => {
      for (; sent < 20; sent++)
        await stream.write((p) => {
          p._initChunk(1_000);
        });
    })();
    await eventually(() => sent >= 8);
    assert.equal(arrived, 1, 'the others wait for the first');
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
    await assert.rejects(stream.done().promise(), /disk full/);
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
});
