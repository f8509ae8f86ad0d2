import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MAX_QUEUED_CALLS } from './call-queue.ts';
import { promisedClient } from './promised-client.ts';
import { connectRpc } from './rpc.ts';
import { collectingSink } from './testing/collecting-sink.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { Everything, Sink, Stream, Stream$Server } from './testing/generated/everything.ts';

/** A stream that notes what is run. */
function notedStream(log: string[]) {
  return new Stream$Server({
    write() {
      log.push('write');
    },
    done() {
      log.push('done');
    },
  }).client();
}

suite('a promise of a capability', () => {
  test('that is settled while a call on it is filled in passes that call on', async () => {
    const seen: number[] = [];
    const promised = promisedClient(Sink);
    const call = promised.client.put((p) => {
      promised.resolve(collectingSink(seen));
      p.n = 7;
    });
    await call.promise();
    assert.deepEqual(seen, [7]);
    promised.client.close();
  });

  test('is the promise of a broken stream when a limit of the connection refused a call of the stream', async () => {
    const log: string[] = [];
    const promised = promisedClient(Stream);
    const [left, right] = duplexPair();
    const server = connectRpc(left, { bootstrap: promised.client, limits: { inFlightBytes: 10_000 } });
    const connection = connectRpc(right);
    const stream = connection.bootstrap(Stream);
    await stream.write();
    await eventually(() => server.stats.inFlightCalls === 1);
    const tooLarge = stream.write((p) => {
      p._initChunk(20_000);
    });
    tooLarge.catch(() => undefined);
    await eventually(() => connection.stats.questions === 1);
    const done = stream.done().promise();
    done.catch(() => undefined);
    await eventually(() => server.stats.inFlightCalls === 2);
    promised.resolve(notedStream(log));
    await assert.rejects(done, { type: 'overloaded', message: /10000 bytes of parameters/, mayHaveRun: false });
    assert.deepEqual(log, [], 'nothing of a stream with a hole in it is run');
    connection.close();
  });

  test('is the promise of a broken stream when too many calls waited for it to take one of the stream', async () => {
    const log: string[] = [];
    const promised = promisedClient(Stream);
    const { client } = promised;
    const ends = Array.from({ length: MAX_QUEUED_CALLS }, () => client.done().promise());
    for (const end of ends) end.catch(() => undefined);
    await assert.rejects(client.write(), { type: 'overloaded', message: /wait for this promise/ });
    promised.resolve(notedStream(log));
    for (const end of ends) await assert.rejects(end, /wait for this promise/);
    await assert.rejects(client.done().promise(), /wait for this promise/);
    assert.deepEqual(log, []);
  });

  test('takes calls again when those that were too many for it were none of a stream', async () => {
    const log: string[] = [];
    const promised = promisedClient(Stream);
    const ends = Array.from({ length: MAX_QUEUED_CALLS }, () => promised.client.done().promise());
    await assert.rejects(promised.client.done().promise(), { type: 'overloaded', retry: 'later' });
    promised.resolve(notedStream(log));
    await Promise.all(ends);
    await promised.client.done().promise();
    assert.equal(log.length, MAX_QUEUED_CALLS + 1);
  });

  test('a call that waits for it and was closed is still canceled by its signal', async () => {
    const { client } = promisedClient(Everything);
    const controller = new AbortController();
    const call = client.open(undefined, { signal: controller.signal });
    const asked = assert.rejects(call.getChild().whoAmI().promise(), /never mind/);
    call[Symbol.dispose]();
    controller.abort(new Error('never mind'));
    await asked;
  });
});
