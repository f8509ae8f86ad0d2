import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Connection } from './connection.ts';
import type { Target } from './envelope.ts';
import { bootstrapMessage, finishMessage, unimplementedMessage } from './envelope-write.ts';
import { collectingSink } from './testing/collecting-sink.ts';
import { connectedPair } from './testing/connected-pair.ts';
import { eventually } from './testing/eventually.ts';
import { Everything, Sink$Client, Stranger$Client } from './testing/generated/everything.ts';
import { callMessage, connectRawPeer, frame, oneCap, type RawPeer, resultsMessage } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const EMPTY = 0;
const OPEN = 2;
const FEED = 4;
const KEEP = 9;

async function raw(): Promise<{ connection: Connection; peer: RawPeer }> {
  const { connection, peer } = connectRawPeer();
  peer.send(bootstrapMessage(0));
  await peer.next('return');
  return { connection, peer };
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  for (let i = 0; i < 3; i++) {
    (runInNewContext('gc') as () => void)();
    await new Promise(setImmediate);
  }
}

/** What other implementations for JavaScript got wrong, each held here. */
suite('defects of the RPC layer of capnp-es 0.0.16 that are not ours', () => {
  test("bootstrap's Return carries the capability: a second call through it works", async () => {
    const { connection, peer } = await raw();
    peer.send(finishMessage(0, false));
    peer.received.length = 0;
    peer.send(callMessage(1, MAIN, EMPTY));
    assert.equal((await peer.next('return')).detail, 'results');
    connection.close();
  });

  test('a pipelined call on an answer that has not returned does not hang', async () => {
    const { root, client } = connectedPair();
    const sink = root
      .holdSink((p) => {
        p.sink = collectingSink([]);
      })
      .getLater();
    const put = sink
      .put((p) => {
        p.n = 1;
      })
      .promise();
    await root.releaseHeld().promise();
    assert.equal((await put).total, 1);
    client.close();
  });

  test('Release is honoured: 100 objects opened and closed leave one export', async () => {
    const { root, server, client, state } = connectedPair();
    for (let i = 0; i < 100; i++) {
      using call = root.open((p) => {
        p.name = 'session';
      });
      await call.promise();
    }
    await eventually(() => server.stats.exports === 1 && state.children === 0);
    client.close();
  });

  test('Finish.releaseResultCaps releases the capabilities of that very answer', async () => {
    const { connection, peer } = await raw();
    peer.send(callMessage(1, MAIN, OPEN));
    peer.send(callMessage(2, MAIN, OPEN));
    await eventually(() => connection.stats.exports === 3);
    peer.send(finishMessage(1, true));
    await eventually(() => connection.stats.exports === 2);
    // The object of question 2 (export 2) is still there, that of question 1 is not.
    peer.received.length = 0;
    peer.send(callMessage(3, { kind: 'import', id: 2 }, EMPTY));
    assert.equal((await peer.next('return')).detail, 'results');
    peer.send(callMessage(4, { kind: 'import', id: 1 }, EMPTY));
    assert.match((await connection.closed).message, /capability 1 is not exported/);
  });

  test('a Return that releases parameter capabilities releases those of its own call', async () => {
    const { connection: client, peer } = connectRawPeer();
    const root = client.bootstrap(Everything);
    const calls = [1, 2].map(() =>
      root
        .keep((p) => {
          p.sink = collectingSink([]);
        })
        .promise(),
    );
    for (const call of calls) call.catch(() => undefined);
    await eventually(() => peer.received.filter(({ kind }) => kind === 'call').length === 2);
    assert.equal(client.stats.exports, 2);
    // A Return as C++ may send it, with releaseParamCaps at its default of true.
    const bytes = Buffer.alloc(8 + 48);
    bytes.writeUInt32LE(6, 4);
    bytes.writeUInt32LE(0x0001_0001, 12);
    bytes.writeUInt16LE(3, 16);
    bytes.writeUInt32LE(0x0001_0002, 28);
    bytes.writeUInt32LE(2, 32);
    bytes.writeUInt16LE(2, 38);
    peer.sendBytes(bytes);
    await eventually(() => client.stats.exports === 1);
    client.close();
  });

  test('the interface id of a call counts: the same ordinal of another interface is unimplemented', async () => {
    const { root, client } = connectedPair();
    await root.empty().promise();
    await assert.rejects(new Stranger$Client(root.client).nobody().promise(), { type: 'unimplemented' });
    client.close();
  });

  test('an exception of a method is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const { root, client } = connectedPair();
    // One is asked for, one is thrown away by its caller.
    await assert.rejects(
      root
        .fail((p) => {
          p.reason = 'once';
        })
        .promise(),
      /once/,
    );
    root.fail((p) => {
      p.reason = 'twice';
    });
    await root.empty().promise();
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    assert.deepEqual(unhandled, []);
    client.close();
  });

  test('pending calls settle when the peer disconnects', async () => {
    const { root, server } = connectedPair();
    const hung = root.hang().promise();
    hung.catch(() => undefined);
    await root.empty().promise();
    server.close('going');
    await assert.rejects(hung, { type: 'disconnected', message: /going/ });
  });

  test('Resolve and Disembargo are acted upon: calls go straight to an own object once it came back', async () => {
    const { root, server, client } = connectedPair();
    const seen: number[] = [];
    using call = root.echoSink((p) => {
      p.sink = collectingSink(seen);
    });
    using sink = call.getSink();
    await sink
      .put((p) => {
        p.n = 1;
      })
      .promise();
    server.close();
    await client.closed;
    // Nothing of the way to the object is left at the peer.
    await sink
      .put((p) => {
        p.n = 2;
      })
      .promise();
    assert.deepEqual(seen, [1, 2]);
  });

  test('Unimplemented is acted upon: a call the peer cannot read rejects', async () => {
    const { connection: client, peer } = connectRawPeer();
    const call = client.bootstrap(Everything).empty().promise();
    call.catch(() => undefined);
    await peer.next('call');
    peer.send(unimplementedMessage(callMessage(1, MAIN, EMPTY)));
    await assert.rejects(call, { type: 'unimplemented' });
    client.close();
  });

  test('imports are released: closing what results held tells the peer', async () => {
    const { connection: client, peer } = connectRawPeer();
    const call = client.bootstrap(Everything).open();
    await peer.next('call');
    peer.send(resultsMessage(1, oneCap({ which: 'senderHosted', id: 40 })));
    await call.promise();
    assert.equal(client.stats.imports, 1);
    call[Symbol.dispose]();
    const release = await peer.next('release');
    assert.deepEqual([release.id, release.detail, client.stats.imports], [40, '1 references', 0]);
    client.close();
  });

  test('two messages in one chunk are two messages, and one message in many chunks is one', async () => {
    const { connection, peer } = await raw();
    peer.received.length = 0;
    peer.sendBytes(Buffer.concat([frame(callMessage(1, MAIN, EMPTY)), frame(callMessage(2, MAIN, EMPTY))]));
    for (const byte of frame(callMessage(3, MAIN, EMPTY))) peer.sendBytes(Uint8Array.of(byte));
    await eventually(() => peer.received.filter(({ kind }) => kind === 'return').length === 3);
    connection.close();
  });
});

suite('defects of capnp-ts 0.9.3 that are not ours', () => {
  test('exceptions keep their type; an unknown method is unimplemented', async () => {
    const { root, client } = connectedPair();
    await assert.rejects(
      root
        .fail((p) => {
          p.type = 1;
        })
        .promise(),
      { type: 'overloaded' },
    );
    await assert.rejects(root.notThere().promise(), { type: 'unimplemented' });
    client.close();
  });

  test('Finish.releaseResultCaps is not ignored', async () => {
    const { connection, peer } = await raw();
    for (const [id, release] of [
      [1, true],
      [2, false],
    ] as const) {
      peer.send(callMessage(id, MAIN, OPEN));
      peer.send(finishMessage(id, release));
    }
    await eventually(() => peer.received.filter(({ kind }) => kind === 'return').length === 3);
    assert.equal(connection.stats.exports, 2, 'the main object and that of the second call');
    connection.close();
  });

  test('a capability is never dropped on the way: in a field, a list, and an AnyPointer', async () => {
    const { root, client } = connectedPair();
    const seen: number[] = [];
    using call = root.echoThing((p) => {
      const thing = p._initThing();
      thing.sink = collectingSink(seen);
      thing._initSinks(1).set(0, collectingSink(seen));
      thing.any = collectingSink(seen);
    });
    const { thing } = await call.promise();
    for (const sink of [thing.sink, thing.sinks.get(0), new Sink$Client(thing.any.asCapability())])
      await sink.put().promise();
    assert.equal(seen.length, 3);
    client.close();
  });

  test('a capability of one connection works when passed over another', async () => {
    const first = connectedPair();
    const second = connectedPair();
    const seen: number[] = [];
    // Held by the first server, handed on to the second one.
    using call = first.root.echoSinkLater((p) => {
      p.sink = collectingSink(seen);
    });
    using remote = first.root.open((p) => {
      p.name = 'third party';
    });
    using through = second.root.echoAny((p) => p.any.setClient(remote.getChild().client));
    const child = (await through.promise()).any.asClient(Everything);
    assert.equal((await child.whoAmI().promise()).name, 'third party');
    await second.root
      .feed((p) => {
        p.sink = call.getSink();
        p.count = 3;
      })
      .promise();
    assert.deepEqual(seen, [0, 0, 1, 2]);
    first.client.close();
    second.client.close();
  });

  test('a call can be canceled, and the callee hears of it', async () => {
    const { root, client, state } = connectedPair();
    const controller = new AbortController();
    const call = root.hang(undefined, { signal: controller.signal }).promise();
    call.catch(() => undefined);
    await root.empty().promise();
    controller.abort(new Error('no more'));
    await assert.rejects(call, /no more/);
    await eventually(() => state.canceled === 1);
    client.close();
  });

  test('a parameter capability is given back once and not once more after a garbage collection', async () => {
    const { connection, peer } = await raw();
    for (const [id, method] of [
      [1, FEED],
      [2, KEEP],
    ] as const) {
      peer.send(callMessage(id, MAIN, method, oneCap({ which: 'senderHosted', id: 40 + id }, 1)));
    }
    await eventually(() => peer.received.filter(({ kind }) => kind === 'return').length === 3);
    for (const { detail } of peer.received.filter(({ kind }) => kind === 'return')) {
      assert.equal(detail.includes('parameters released'), false, 'the Return leaves releasing to Release');
    }
    await collectGarbage();
    const releases = peer.received.filter(({ kind }) => kind === 'release').map(({ id, detail }) => `${id}: ${detail}`);
    assert.deepEqual(releases, ['41: 1 references'], 'the kept one is still held');
    connection.close();
  });
});
