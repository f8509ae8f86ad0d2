import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connectRpc } from './rpc.ts';
import { assertNothingLeft, connectedPair } from './testing/connected-pair.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import {
  Everything,
  type Everything$Client,
  Everything$Server,
  type Everything$Server$Target,
  Sink$Server,
} from './testing/generated/everything.ts';

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

suite('lifetimes', () => {
  test('100,000 calls and 10,000 capabilities leave every table empty', async () => {
    const world = connectedPair();
    const { root } = world;
    for (let batch = 0; batch < 100; batch++) {
      const calls = Array.from({ length: 900 }, () => root.empty().promise());
      const opened = Array.from({ length: 100 }, async () => {
        using call = root.open((p) => {
          p.name = 'one of many';
        });
        await (await call.promise()).child.empty().promise();
      });
      await Promise.all([...calls, ...opened]);
    }
    await assertNothingLeft(world);
  });

  test('an object is released when the last of several references is closed', async () => {
    const world = connectedPair();
    const { root, state } = world;
    const call = root.open((p) => {
      p.name = 'shared';
    });
    const { child } = await call.promise();
    const second = child.dup();
    call[Symbol.dispose]();
    assert.equal((await second.whoAmI().promise()).name, 'shared');
    assert.equal(state.children, 1);
    await assert.rejects(child.whoAmI().promise(), /closed/);
    second.close();
    await eventually(() => state.children === 0);
    await assertNothingLeft(world);
  });

  test('a capability that comes again after it was released gets a fresh start', async () => {
    const world = connectedPair();
    for (let round = 0; round < 3; round++) {
      using call = world.root.echoSink((p) => {
        p.sink = new Sink$Server({
          put(_p, r) {
            r.total = round;
          },
        }).client();
      });
      const { sink } = await call.promise();
      assert.equal((await sink.put().promise()).total, round);
    }
    await assertNothingLeft(world);
  });

  test('a parameter capability is closed when the method returns, unless it was duplicated', async () => {
    const [left, right] = duplexPair();
    let borrowed: Promise<unknown> = Promise.resolve();
    const sinks: { put: () => { promise: () => Promise<unknown> } }[] = [];
    const target = {
      keep(p: { sink: (typeof sinks)[number] }) {
        sinks.push(p.sink);
      },
    };
    const server = connectRpc(left, { bootstrap: serverOf(target) });
    const client = connectRpc(right);
    const root = client.bootstrap(Everything);
    await root
      .keep((p) => {
        p.sink = new Sink$Server({ put() {} }).client();
      })
      .promise();
    borrowed = sinks[0]?.put().promise() ?? borrowed;
    await assert.rejects(borrowed, /closed \(dup\(\)/);
    await eventually(() => server.stats.imports === 0 && client.stats.exports === 0);
    client.close();
  });

  test('closing a call that has not returned cancels it', async () => {
    const world = connectedPair();
    const call = world.root.hang();
    const ended = call.promise();
    ended.catch(() => undefined);
    await world.root.empty().promise();
    call[Symbol.dispose]();
    await assert.rejects(ended, { name: 'AbortError' });
    await eventually(() => world.state.canceled === 1);
    await assertNothingLeft(world);
  });

  test('closing a call that returns later releases what its results hold', async () => {
    const world = connectedPair();
    for (let i = 0; i < 50; i++)
      world.root
        .open((p) => {
          p.name = 'unwanted';
        })
        [Symbol.dispose]();
    await world.root.empty().promise();
    await assertNothingLeft(world);
  });

  test('forgotten references are given back by the garbage collector', async () => {
    const world = connectedPair();
    await (async () => {
      for (let i = 0; i < 20; i++)
        await world.root
          .open((p) => {
            p.name = 'forgotten';
          })
          .promise();
    })();
    assert.ok(world.state.children > 0);
    await eventually(() => {
      collectGarbage();
      return world.state.children === 0;
    });
    await assertNothingLeft(world);
  });

  test('a server object is disposed when its last reference goes, not when a call on it that holds none ends', async () => {
    let disposed = 0;
    const target = {
      put() {},
      [Symbol.dispose]() {
        disposed++;
      },
    };
    const sink = new Sink$Server(target).client();
    await sink.put().promise();
    assert.equal(disposed, 0, 'it was never referred to');
    const reference = sink.dup();
    const running = reference.put().promise();
    reference.close();
    await running;
    assert.equal(disposed, 1);
    await sink.put().promise();
    assert.equal(disposed, 1);
  });

  test('a client that is closed while its own call is filled in makes that call', async () => {
    const world = connectedPair();
    const { child } = await world.root.open().promise();
    const own = child.dup();
    child.close();
    await own.echoColor(() => own.close()).promise();
    await assertNothingLeft(world);
  });

  test('a server object is disposed once the connection that held it is gone', async () => {
    const world = connectedPair();
    await world.root
      .open((p) => {
        p.name = 'held';
      })
      .promise();
    assert.equal(world.state.children, 1);
    world.client.close();
    await world.server.closed;
    await eventually(() => world.state.children === 0);
  });
});

function serverOf(target: object): Everything$Client {
  return new Everything$Server(target as Everything$Server$Target).client();
}
