import assert from 'node:assert/strict';
import type { Connection } from '../connection.ts';
import { RpcError } from '../rpc-error.ts';
import { collectingSink } from './collecting-sink.ts';
import type { Everything$Client } from './generated/everything.ts';

/** The states a call can be in when the connection goes. Each starts calls; all of them have to settle. */
export const CALL_STATES: readonly (readonly [
  name: string,
  start: (root: Everything$Client) => readonly Promise<unknown>[],
])[] = [
  ['waiting for its answer', (root) => [root.hang().promise()]],
  ['just sent', (root) => [root.empty().promise()]],
  [
    'pipelined on an answer to come',
    (root) => [
      root
        .echoSinkLater((p) => {
          p.sink = collectingSink([]);
        })
        .getSink()
        .put()
        .promise(),
      root.open().getChild().hang().promise(),
    ],
  ],
  [
    'waiting for a callback',
    (root) => [
      root
        .feed((p) => {
          p.sink = collectingSink([]);
          p.count = 500;
        })
        .promise(),
    ],
  ],
  [
    'behind an embargo',
    (root) => {
      const sink = root
        .echoSink((p) => {
          p.sink = collectingSink([]);
        })
        .getSink();
      return Array.from({ length: 20 }, () => sink.put().promise());
    },
  ],
  [
    'made on a promise',
    (root) => {
      const hold = root.holdSink((p) => {
        p.sink = collectingSink([]);
      });
      return [hold.getLater().put().promise(), hold.promise().then(({ later }) => later.put().promise())];
    },
  ],
  [
    'streaming',
    (root) => {
      const stream = root.openStream().getStream();
      return Array.from({ length: 30 }, () =>
        stream.write((p) => {
          p._initChunk(10_000);
        }),
      );
    },
  ],
  [
    'being canceled',
    (root) => {
      const controller = new AbortController();
      const call = root.hang(undefined, { signal: controller.signal }).promise();
      setImmediate(() => controller.abort());
      return [call];
    },
  ],
];

/** Every call ends, and those that fail say that the connection did it (or their own signal). */
export async function assertSettled(calls: readonly Promise<unknown>[]): Promise<void> {
  for (const ended of await Promise.allSettled(calls)) {
    if (ended.status === 'fulfilled') continue;
    const error: unknown = ended.reason;
    const known = error instanceof DOMException || (error instanceof RpcError && error.type === 'disconnected');
    assert.ok(known, String(error));
  }
}

/** No table of it holds anything. */
export const isEmpty = ({ stats }: Connection): boolean =>
  stats.questions + stats.answers + stats.exports + stats.imports + stats.embargoes === 0;
