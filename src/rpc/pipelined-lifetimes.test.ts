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

/** Objects that open others, each only when its gate is opened, and note who is alive. */
function slowOpeners() {
  const alive: string[] = [];
  const waiting: (() => void)[] = [];
  const make = (name: string): Everything$Client => {
    alive.push(name);
    const target: Pick<Everything$Server$Target, 'open' | 'whoAmI'> & Disposable = {
      async open(params, results) {
        await new Promise<void>((resolve) => waiting.push(resolve));
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
  return { alive, waiting, root: make('root'), openGates };
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
  });
}
