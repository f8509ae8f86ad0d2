import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connectRpc } from './rpc.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import {
  Everything,
  type Everything$Client,
  Everything$Server,
  type Everything$Server$Target,
} from './testing/generated/everything.ts';

/** Objects that open others, each only when its gate is opened, and note who is alive and what was canceled. */
function slowOpeners() {
  const alive: string[] = [];
  const waiting: (() => void)[] = [];
  let canceled = 0;
  const make = (name: string): Everything$Client => {
    alive.push(name);
    const target: Pick<Everything$Server$Target, 'open' | 'whoAmI'> & Disposable = {
      async open(params, results, { signal }) {
        signal.addEventListener('abort', () => canceled++);
        await new Promise<void>((resolve) => waiting.push(resolve));
        signal.throwIfAborted();
        results.child = make(params.name);
      },
      whoAmI(_params, results) {
        results.name = name;
      },
      [Symbol.dispose]() {
        alive.splice(alive.indexOf(name), 1);
      },
    };
    return new Everything$Server(target as unknown as Everything$Server$Target).client();
  };
  const openGates = async (until: Promise<unknown>): Promise<void> => {
    let done = false;
    const finished = until.then(
      () => (done = true),
      () => (done = true),
    );
    while (!done) {
      for (const open of waiting.splice(0)) open();
      await new Promise(setImmediate);
    }
    await finished;
  };
  return { alive, waiting, root: make('root'), openGates, canceled: () => canceled };
}

type Openers = ReturnType<typeof slowOpeners>;

/** The same objects, called within this process and over a connection. */
const WAYS: readonly {
  readonly where: string;
  readonly reach: (openers: Openers) => { root: Everything$Client; close(): void };
}[] = [
  {
    where: 'in one process',
    reach: ({ root }) => {
      const own = root.dup();
      return { root: own, close: () => own.close() };
    },
  },
  {
    where: 'over a connection',
    reach: ({ root }) => {
      const [left, right] = duplexPair();
      connectRpc(left, { bootstrap: root });
      const client = connectRpc(right);
      return { root: client.bootstrap(Everything), close: () => client.close() };
    },
  },
];

const named = (name: string) => (p: { name: string }) => {
  p.name = name;
};

for (const { where, reach } of WAYS) {
  suite(`lifetimes of what is pipelined, ${where}`, () => {
    test('an object reached through two calls that had not returned is released with its last reference', async () => {
      const openers = slowOpeners();
      const { root, close } = reach(openers);
      {
        using first = root.open(named('first'));
        using child = first.getChild();
        using second = child.open(named('second'));
        using grandchild = second.getChild();
        const asked = grandchild.whoAmI().promise();
        await openers.openGates(asked);
        assert.equal((await asked).name, 'second');
      }
      await eventually(() => openers.alive.length === 1).catch(() => assert.fail(openers.alive.join()));
      close();
    });

    test('calls pipelined on a call are answered after all of that has been closed', async () => {
      const openers = slowOpeners();
      const { root, close } = reach(openers);
      let asked: Promise<{ name: string }>;
      {
        using call = root.open(named('child'));
        using child = call.getChild();
        asked = child.whoAmI().promise();
      }
      await openers.openGates(asked);
      assert.equal((await asked).name, 'child');
      await eventually(() => openers.alive.length === 1);
      close();
    });

    test('calls pipelined on a pipelined call are answered after all of that has been closed', async () => {
      const openers = slowOpeners();
      const { root, close } = reach(openers);
      let asked: Promise<{ name: string }>;
      {
        using call = root.open(named('child'));
        using child = call.getChild();
        using second = child.open(named('grandchild'));
        using grandchild = second.getChild();
        asked = grandchild.whoAmI().promise();
      }
      await openers.openGates(asked);
      assert.equal((await asked).name, 'grandchild');
      await eventually(() => openers.alive.length === 1);
      close();
    });

    test('closing a call leaves a capability taken from it, before it returned, as it is', async () => {
      const openers = slowOpeners();
      const { root, close } = reach(openers);
      const call = root.open(named('child'));
      using child = call.getChild();
      const results = call.promise();
      results.catch(() => undefined);
      call[Symbol.dispose]();
      await assert.rejects(results, { name: 'AbortError' });
      const second = child.open(named('grandchild'));
      using grandchild = second.getChild();
      second[Symbol.dispose]();
      const asked = grandchild.whoAmI().promise();
      await openers.openGates(asked);
      assert.equal((await asked).name, 'grandchild');
      assert.equal((await child.whoAmI().promise()).name, 'child');
      child.close();
      grandchild.close();
      await eventually(() => openers.alive.length === 1);
      close();
    });

    test('a closed call is canceled once no capability taken from it is held and no call waits for one', async () => {
      const openers = slowOpeners();
      const { root, close } = reach(openers);
      const call = root.open(named('child'));
      const [child, again] = [call.getChild(), call.getChild()];
      const controller = new AbortController();
      const asked = child.whoAmI(undefined, { signal: controller.signal }).promise();
      asked.catch(() => undefined);
      await eventually(() => openers.waiting.length === 1);
      call[Symbol.dispose]();
      again.close();
      child.close();
      // Whatever was sent has arrived when something sent later has been answered.
      await root.whoAmI().promise();
      assert.equal(openers.canceled(), 0);
      controller.abort(new Error('enough'));
      await assert.rejects(asked, /enough/);
      await eventually(() => openers.canceled() === 1);
      close();
    });

    test('a call without anything pipelined on it is canceled when it is closed', async () => {
      const openers = slowOpeners();
      const { root, close } = reach(openers);
      const call = root.open(named('child'));
      const child = call.getChild();
      await eventually(() => openers.waiting.length === 1);
      child.close();
      call[Symbol.dispose]();
      await eventually(() => openers.canceled() === 1);
      close();
    });
  });
}

suite('a call that was closed while a call pipelined on it waits, in one process', () => {
  test('is still canceled by its signal', async () => {
    const { root, waiting, canceled } = slowOpeners();
    const controller = new AbortController();
    const call = root.open(named('child'), { signal: controller.signal });
    const asked = assert.rejects(call.getChild().whoAmI().promise(), /never mind/);
    call[Symbol.dispose]();
    assert.deepEqual([waiting.length, canceled()], [1, 0]);
    controller.abort(new Error('never mind'));
    assert.equal(canceled(), 1);
    await asked;
  });
});
