import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MAX_QUEUED_CALLS } from './call-queue.ts';
import { connectRpc } from './rpc.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { Stream, type Stream$Client, Stream$Server } from './testing/generated/everything.ts';

/** A stream that notes what is run; a write goes on when the test says so, a chunk of more than one byte fails it. */
function slowStream() {
  const log: string[] = [];
  const waiting: (() => void)[] = [];
  let n = 0;
  const client = new Stream$Server({
    async write(params, _results, { signal }) {
      const name = `write ${n++}`;
      log.push(name);
      signal.addEventListener('abort', () => log.push(`${name} canceled`));
      await new Promise<void>((resolve) => waiting.push(resolve));
      signal.throwIfAborted();
      if (params.chunk.length > 1) throw new Error('disk full');
      log.push(`${name} done`);
    },
    done(_params, results) {
      log.push('done');
      results.bytes = 7n;
    },
  }).client();
  const goOn = (): void => waiting.shift()?.();
  const flow = async (until: Promise<unknown>): Promise<void> => {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    until.then(end, end);
    while (!settled) {
      goOn();
      await new Promise(setImmediate);
    }
  };
  return { log, waiting, client, goOn, flow };
}

type Slow = ReturnType<typeof slowStream>;

const WAYS: readonly {
  readonly where: string;
  readonly reach: (stream: Slow) => {
    stream: Stream$Client;
    close(): void;
    /** Calls that run or wait at the other end of a connection. */
    callsThere?: () => number;
  };
}[] = [
  {
    where: 'in one process',
    reach: ({ client }) => {
      const own = client.dup();
      return { stream: own, close: () => own.close() };
    },
  },
  {
    where: 'over a connection',
    reach: ({ client }) => {
      const [left, right] = duplexPair();
      const server = connectRpc(left, { bootstrap: client });
      const connection = connectRpc(right);
      return {
        stream: connection.bootstrap(Stream),
        close: () => connection.close(),
        callsThere: () => server.stats.inFlightCalls,
      };
    },
  },
];

const tooMuch = (p: { _initChunk(length: number): unknown }): void => {
  p._initChunk(2);
};

for (const { where, reach } of WAYS) {
  suite(`an object that takes a stream, ${where}`, () => {
    test('runs one streaming call at a time, in order, and whatever is called behind it afterwards', async () => {
      const slow = slowStream();
      const { stream, close } = reach(slow);
      for (let i = 0; i < 3; i++) await stream.write();
      const done = stream.done().promise();
      await eventually(() => slow.waiting.length > 0);
      assert.deepEqual(slow.log, ['write 0']);
      await slow.flow(done);
      assert.equal((await done).bytes, 7n);
      assert.deepEqual(slow.log, [
        'write 0',
        'write 0 done',
        'write 1',
        'write 1 done',
        'write 2',
        'write 2 done',
        'done',
      ]);
      close();
    });

    test('runs nothing behind a streaming call that failed: all of it fails with the same error', async () => {
      const slow = slowStream();
      const { stream, close } = reach(slow);
      await stream.write();
      await stream.write(tooMuch);
      await stream.write();
      const done = stream.done().promise();
      await slow.flow(done);
      await assert.rejects(done, { type: 'failed', message: 'disk full', mayHaveRun: false });
      await assert.rejects(stream.done().promise(), { type: 'failed', message: 'disk full' });
      await assert.rejects(stream.write(), /disk full/);
      assert.deepEqual(slow.log, ['write 0', 'write 0 done', 'write 1']);
      close();
    });

    test('forgets a call that is canceled before its turn, which settles at once', async () => {
      const slow = slowStream();
      const { stream, close, callsThere } = reach(slow);
      await stream.write();
      const controller = new AbortController();
      const canceled = stream.done(undefined, { signal: controller.signal }).promise();
      canceled.catch(() => undefined);
      await stream.write();
      await eventually(() => slow.waiting.length === 1);
      controller.abort(new Error('never mind'));
      await assert.rejects(canceled, /never mind/);
      await eventually(() => callsThere === undefined || callsThere() === 2);
      assert.deepEqual(slow.log, ['write 0']);
      const done = stream.done().promise();
      await slow.flow(done);
      assert.deepEqual(slow.log, ['write 0', 'write 0 done', 'write 1', 'write 1 done', 'done']);
      close();
    });

    test('goes on after a streaming call that its caller canceled', async () => {
      const slow = slowStream();
      const { stream, close } = reach(slow);
      const controller = new AbortController();
      await stream.write(undefined, { signal: controller.signal });
      const done = stream.done().promise();
      await eventually(() => slow.waiting.length === 1);
      controller.abort(new Error('never mind'));
      await eventually(() => slow.log.includes('write 0 canceled'));
      await slow.flow(done);
      assert.equal((await done).bytes, 7n);
      assert.deepEqual(slow.log, ['write 0', 'write 0 canceled', 'done']);
      close();
    });
  });
}

suite('calls that wait for a streaming call', () => {
  test('keep their object: it is released when the last of them has had its turn', async () => {
    const seen: string[] = [];
    let goOn = (): void => undefined;
    const target = {
      async write() {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      },
      done() {
        seen.push('done');
      },
      [Symbol.dispose]() {
        seen.push('released');
      },
    };
    const stream = new Stream$Server(target).client().dup();
    const writing = stream.write();
    const done = stream.done().promise();
    stream.close();
    await writing;
    goOn();
    await done;
    assert.deepEqual(seen, ['done', 'released']);
  });

  test('are refused as overloaded beyond MAX_QUEUED_CALLS, which breaks the stream when one of the stream is', async () => {
    const slow = slowStream();
    await slow.client.write();
    const waiting = Array.from({ length: MAX_QUEUED_CALLS }, () => slow.client.done().promise());
    const refused = { type: 'overloaded', retry: 'later', message: /wait for this object/ };
    await assert.rejects(slow.client.done().promise(), refused);
    slow.goOn();
    await Promise.all(waiting);
    await slow.client.write();
    const ends = Array.from({ length: MAX_QUEUED_CALLS }, () => slow.client.done().promise());
    for (const end of ends) end.catch(() => undefined);
    const lost = slow.client.write();
    lost.catch(() => undefined);
    slow.goOn();
    for (const end of ends) await assert.rejects(end, /wait for this object/);
    await assert.rejects(slow.client.done().promise(), /wait for this object/);
  });

  test('of a stream that a limit refused are refused as well: there is no hole in it', async () => {
    const slow = slowStream();
    const [left, right] = duplexPair();
    connectRpc(left, { bootstrap: slow.client, limits: { inFlightCalls: 2 } });
    const connection = connectRpc(right);
    const stream = connection.bootstrap(Stream);
    for (let i = 0; i < 3; i++) await stream.write();
    await eventually(() => slow.waiting.length === 1);
    slow.goOn();
    await eventually(() => connection.stats.questions === 0);
    await assert.rejects(stream.done().promise(), { type: 'overloaded', message: /2 are running/ });
    assert.deepEqual(slow.log, ['write 0', 'write 0 done']);
    connection.close();
  });
});
