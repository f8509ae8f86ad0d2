import assert from 'node:assert/strict';
import { promisedClient } from '../promised-client.ts';
import { RpcError } from '../rpc-error.ts';
import { collectingSink } from './collecting-sink.ts';
import { type Everything$Client, Sink } from './generated/everything.ts';
import { upTo } from './up-to.ts';

/** Capabilities passed before they exist. */
export async function promisedParameters(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  const promised = promisedClient(Sink);
  const call = root
    .feed((p) => {
      p.sink = promised.client;
      p.count = 20;
    })
    .promise();
  await root.empty().promise();
  assert.deepEqual(seen, []);
  promised.resolve(collectingSink(seen));
  assert.equal((await call).total, 20);
  assert.deepEqual(seen, upTo(20));
  promised.client.close();
  const broken = promisedClient(Sink);
  const fails = root
    .feed((p) => {
      p.sink = broken.client;
      p.count = 1;
    })
    .promise();
  broken.reject(new RpcError('failed', 'never comes'));
  await assert.rejects(fails, /never comes/);
  broken.client.close();
}

/** A promise of a capability as a result, and one pipelined on it as a parameter. */
export async function promisedResults(root: Everything$Client): Promise<void> {
  const seen: number[] = [];
  using hold = root.holdSink((p) => {
    p.sink = collectingSink(seen);
  });
  using later = hold.getLater();
  const fed = root
    .feed((p) => {
      p.sink = later;
      p.count = 10;
    })
    .promise();
  await root.releaseHeld().promise();
  assert.equal((await fed).total, 10);
  assert.deepEqual(seen, upTo(10));
}
