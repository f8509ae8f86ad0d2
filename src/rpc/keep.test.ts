import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connectRpc, type Kept, keep } from './rpc.ts';
import { connectedPair } from './testing/connected-pair.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import {
  Everything,
  Everything$Server,
  type Everything$Server$Target,
  Sink,
  Sink$Server,
  type Thing,
} from './testing/generated/everything.ts';

/** Connected to an object of which nothing but echoThing is ever called. */
function lookingAtThings(look: (thing: Thing) => void) {
  const streams = duplexPair();
  const target: Pick<Everything$Server$Target, 'echoThing'> = { echoThing: ({ thing }) => look(thing) };
  connectRpc(streams[0], { bootstrap: new Everything$Server(target as Everything$Server$Target).client() });
  const connection = connectRpc(streams[1]);
  return { connection, root: connection.bootstrap(Everything) };
}

function countingSink() {
  const state = { total: 0, gone: false };
  const server = new Sink$Server({
    put({ n }, results) {
      state.total += n;
      results.total = state.total;
    },
    [Symbol.dispose]() {
      state.gone = true;
    },
  });
  return { state, sink: server.client() };
}

const putOne = (thing: Thing) =>
  thing.sink
    .put((p) => {
      p.n = 1;
    })
    .promise();

suite('what came with a call, kept beyond it', () => {
  test('data can still be read; a capability of it is a clear error, never silently null', async () => {
    let held: Thing | undefined;
    const { connection, root } = lookingAtThings((thing) => {
      held = thing;
    });
    const { sink } = countingSink();
    const call = root.echoThing((p) => {
      const thing = p._initThing();
      thing.name = 'held';
      thing.sink = sink;
    });
    await call.promise();
    assert.ok(held !== undefined);
    const thing: Thing = held;
    assert.equal(thing.name, 'held');
    const said = { name: 'RpcError', message: /released when its call ended; before that, dup\(\) it or keep\(\)/ };
    assert.throws(() => thing.sink, said);
    assert.throws(() => keep(thing), said);
    const passedOn = root.echoThing((p) => {
      p.thing = thing;
    });
    await assert.rejects(passedOn.promise(), said);
    connection.close();
  });

  test('keep() holds a struct with its capabilities until it is closed', async () => {
    let kept: Kept<Thing> | undefined;
    const { connection, root } = lookingAtThings((thing) => {
      kept = keep(thing);
    });
    const { sink, state } = countingSink();
    await root
      .echoThing((p) => {
        const thing = p._initThing();
        thing.name = 'kept';
        thing.sink = sink;
      })
      .promise();
    assert.ok(kept !== undefined);
    const { value, close }: Kept<Thing> = kept;
    assert.equal(value.name, 'kept');
    assert.equal((await putOne(value)).total, 1);
    assert.equal(state.gone, false);
    close();
    assert.throws(() => value.sink, { name: 'RpcError' });
    await eventually(() => state.gone);
    connection.close();
  });

  test('results whose call was closed say so as well, and so do capabilities asked of it', async () => {
    const { root, client } = connectedPair();
    const call = root.open();
    const results = await call.promise();
    call[Symbol.dispose]();
    assert.throws(() => results.child, { name: 'RpcError' });
    await assert.rejects(call.getChild().whoAmI().promise(), { name: 'RpcError', message: /its call ended/ });
    client.close();
  });

  test('a capability in a result of type AnyPointer can be called before it is here', async () => {
    const { root, client } = connectedPair();
    const { sink } = countingSink();
    using echo = root.echoAny((p) => {
      p.any = sink;
    });
    using early = echo.getAny(Sink);
    const put = early.put((p) => {
      p.n = 5;
    });
    assert.equal((await put.promise()).total, 5);
    client.close();
  });
});
