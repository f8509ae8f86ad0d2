import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Message } from './capnp/message.ts';
import type { Segment } from './capnp/segment.ts';
import type { Target } from './envelope.ts';
import { bootstrapMessage } from './envelope-write.ts';
import { connectRpc } from './rpc.ts';
import { serveRpc } from './serve.ts';
import { eventually } from './testing/eventually.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything } from './testing/generated/everything.ts';
import { MALFORMED_MESSAGES, words } from './testing/malformed-messages.ts';
import { OFFENCES } from './testing/offences.ts';
import { callMessage, connectRawPeer, RawPeer } from './testing/raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const EMPTY = 0;
const WHO_AM_I = 3;
const WRONGS = [...OFFENCES, ...MALFORMED_MESSAGES];

async function setUp(): Promise<ReturnType<typeof connectRawPeer>> {
  const made = connectRawPeer();
  made.connection.bootstrap(Everything);
  // Export 0 is the main object from here on.
  made.peer.send(bootstrapMessage(1_000));
  await made.peer.next('return');
  return made;
}

function rawMessage(fill: (segment: Segment) => void, wordCount: number): Message {
  const message = Message.build();
  message.first.allocate(wordCount * 8);
  fill(message.first);
  return message;
}

suite('a hostile peer', () => {
  for (const [what, reason, offend] of WRONGS) {
    test(`${what} ends in one clean abort with a reason`, async () => {
      const { connection, peer } = await setUp();
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
    const { connection, peer } = connectRawPeer();
    peer.sendBytes(words(0, 5, 1));
    peer.end();
    assert.match((await connection.closed).message, /in the middle of a message/);
  });

  test('an unknown message is sent back as unimplemented, and the connection lives on', async () => {
    const { connection, peer } = await setUp();
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
    const { connection, peer } = await setUp();
    peer.received.length = 0;
    peer.send(callMessage(1, MAIN, WHO_AM_I, undefined, 2));
    assert.match((await peer.next('return')).detail, /^unimplemented: .*level 3/);
    connection.close();
  });

  test('a hundred offenders of every kind cost the other connections of their server nothing', async (context) => {
    const dir = mkdtempSync(join(tmpdir(), 'rpc-hostile-'));
    const path = join(dir, 'socket');
    const state = everythingState();
    const serving = serveRpc(createServer().listen(path), {
      bootstrap: everything(state),
      onConnection: (connection) => connection.bootstrap(Everything),
    });
    context.after(() => serving.close().then(() => rmSync(dir, { recursive: true })));
    const client = connectRpc(connect(path));
    const root = client.bootstrap(Everything);
    const controller = new AbortController();
    const hung = root.hang(undefined, { signal: controller.signal }).promise();
    using opened = root.open((p) => {
      p.name = 'kept';
    });
    const { child } = await opened.promise();
    for (let i = 0; i < 100; i++) {
      const [, , offend] = WRONGS[i % WRONGS.length] ?? [];
      const peer = new RawPeer(connect(path));
      peer.send(bootstrapMessage(1_000));
      await peer.next('return');
      offend?.(peer);
      await peer.next('abort');
      assert.equal((await child.whoAmI().promise()).name, 'kept');
    }
    await eventually(() => serving.connections.size === 1);
    assert.deepEqual(state.children, 1);
    controller.abort();
    await assert.rejects(hung, { name: 'AbortError' });
    client.close();
  });
});
