import assert from 'node:assert/strict';
import { RPC_ERROR_TYPES, RpcError } from '../rpc-error.ts';
import { collectingSink } from './collecting-sink.ts';
import { embargoRound } from './embargo-round.ts';
import { type Everything$Client, type Sink$Client, Stranger$Client } from './generated/everything.ts';
import { upTo } from './up-to.ts';

export async function pipelining(root: Everything$Client): Promise<void> {
  const names = await Promise.all(
    upTo(300).map(async (i) => {
      using first = root.open((p) => {
        p.name = `child ${i}`;
      });
      using child = first.getChild();
      using second = child.open((p) => {
        p.name = `grandchild ${i}`;
      });
      using grandchild = second.getChild();
      return (await grandchild.whoAmI().promise()).name;
    }),
  );
  assert.deepEqual(
    names,
    upTo(300).map((i) => `grandchild ${i}`),
  );
}

export async function callbacks(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  const { total } = await root
    .feed((p) => {
      p.sink = collectingSink(seen);
      p.count = 100;
    })
    .promise();
  assert.equal(total, 100);
  assert.deepEqual(seen, upTo(100));
  await root
    .keep((p) => {
      p.sink = collectingSink(seen);
    })
    .promise();
  assert.equal(
    (
      await root
        .poke((p) => {
          p.n = 100;
        })
        .promise()
    ).total,
    101,
  );
  await root.drop().promise();
  assert.deepEqual(seen, upTo(101));
}

export async function embargo(root: Everything$Client, random: () => number): Promise<void> {
  for (let round = 0; round < 1000; round++) await embargoRound(root, random);
}

export async function cancellation(root: Everything$Client): Promise<void> {
  const before = (await root.canceledCount().promise()).count;
  const controller = new AbortController();
  const calls = upTo(50).map(() => root.hang(undefined, { signal: controller.signal }).promise());
  await root.empty().promise();
  controller.abort(new Error('enough'));
  for (const call of calls) await assert.rejects(call, /enough/);
  let canceled = 0;
  for (let tries = 0; tries < 1000 && canceled < 50; tries++) {
    canceled = (await root.canceledCount().promise()).count - before;
  }
  assert.equal(canceled, 50);
  await assert.rejects(root.empty(undefined, { signal: controller.signal }).promise(), /enough/);
}

export async function errors(root: Everything$Client): Promise<void> {
  for (const [type, name] of RPC_ERROR_TYPES.entries()) {
    const call = root
      .fail((p) => {
        p.type = type;
        p.reason = `because ${name}`;
      })
      .promise();
    await assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof RpcError);
      assert.deepEqual([error.type, error.remote], [name, true]);
      assert.match(error.message, new RegExp(`because ${name}`));
      return true;
    });
  }
  await assert.rejects(root.notThere().promise(), { type: 'unimplemented' });
  const stranger = new Stranger$Client(root.client);
  await assert.rejects(stranger.nobody().promise(), { type: 'unimplemented' });
  await root.empty().promise();
}

/** What is pipelined on a call outlives the call: one that waits is answered, a capability taken from it works. */
export async function closedCalls(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  const echo = (p: { sink: Sink$Client }): void => {
    p.sink = collectingSink(seen);
  };
  let put: Promise<{ total: number }>;
  {
    using call = root.echoSinkLater(echo);
    using sink = call.getSink();
    put = sink.put().promise();
  }
  assert.equal((await put).total, 2);
  const call = root.echoSinkLater(echo);
  using sink = call.getSink();
  call[Symbol.dispose]();
  assert.equal((await sink.put().promise()).total, 4);
}

export async function streaming(root: Everything$Client): Promise<void> {
  using call = root.openStream();
  using stream = call.getStream();
  const chunk = new Uint8Array(10_000);
  for (let i = 0; i < 100; i++)
    await stream.write((p) => {
      p.chunk = chunk;
    });
  assert.equal((await stream.done().promise()).bytes, 1_000_000n);
}

export async function release(root: Everything$Client): Promise<void> {
  for (let i = 0; i < 300; i++) {
    using call = root.open((p) => {
      p.name = 'short-lived';
    });
    const { child } = await call.promise();
    assert.equal((await child.whoAmI().promise()).name, 'short-lived');
  }
}
