import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { createPartStreams, type StreamParts } from './part-streams.ts';

/** Parts of different sizes, small ones and some that no socket takes at once, each of one letter. */
function* lettersOf(count: number): Generator<readonly Buffer[]> {
  for (let n = 0; n < count; n += 1) {
    const bytes = [10, 300_000, 400_000, 500_000, 600_000, 0, 2_000_000, 600_000][n % 8] ?? 0;
    const letter = String.fromCharCode(97 + (n % 26));
    yield [Buffer.alloc(bytes, letter), Buffer.from('|'), Buffer.alloc(bytes >>> 1, letter)];
  }
}

const expected = (count: number): Buffer => Buffer.concat([...lettersOf(count)].flat());

/** A server that answers with as many parts as the path says. */
async function serve(streamParts: StreamParts) {
  const server = createServer((asked, response) => {
    streamParts(lettersOf(Number(asked.url?.slice(1))), response).pipe(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async get(count: number, afterEach: () => Promise<void>): Promise<Buffer> {
      const asked = request({ port, host: '127.0.0.1', path: `/${count}`, agent: false }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      const chunks: Buffer[] = [];
      for await (const chunk of response) {
        chunks.push(chunk as Buffer);
        await afterEach();
      }
      return Buffer.concat(chunks);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

/** A response that has sent everything. */
const sentAll = {
  writableLength: 0,
  writableNeedDrain: false,
  once: (): never => assert.fail('nothing is waited for'),
};

it('clients that read slowly get every part as it was made, several at a time and one after the other', async () => {
  await using server = await serve(createPartStreams(setImmediate));
  const atOnce = async (): Promise<void> => {};
  const slowly = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const counts = [40, 3, 40, 21, 1];
  for (const pace of [slowly, atOnce]) {
    const answers = await Promise.all(counts.map((count) => server.get(count, pace)));
    for (const [n, answer] of answers.entries()) {
      assert.ok(answer.equals(expected(counts[n] ?? 0)), `answer ${n} is another one`);
    }
  }
});

it('each part of a long answer is made in a turn of its own', async () => {
  let turn = 0;
  const count = (): void => {
    turn += 1;
    if (turn < 100) setImmediate(count);
  };
  count();
  const madeIn: number[] = [];
  function* made(): Generator<readonly Buffer[]> {
    for (const part of ['a', 'b', 'c']) {
      madeIn.push(turn);
      yield [Buffer.from(part)];
    }
  }
  const answer = await createPartStreams(setImmediate)(made(), sentAll as never).toArray();
  assert.equal(answer.length, 3);
  assert.equal(new Set(madeIn).size, 3);
});

it('parts are joined in the same memory once it was sent, also those of the next answer', async () => {
  const streamParts = createPartStreams(setImmediate);
  const joinedIn = new Set<ArrayBufferLike>();
  const texts = ['first', 'next', 'last'].map((text) => [Buffer.from(text)]);
  for (let answers = 0; answers < 3; answers += 1) {
    for await (const part of streamParts(texts, sentAll as never)) {
      joinedIn.add((part as Buffer).buffer);
    }
  }
  assert.equal(joinedIn.size, 1);
});

it('a part that cannot be made ends the answer with the error', async () => {
  function* failing(): Generator<readonly Buffer[]> {
    yield [Buffer.from('a')];
    throw new Error('no such part');
  }
  const stream = createPartStreams(setImmediate)(failing(), sentAll as never);
  await assert.rejects(stream.toArray(), /no such part/);
});
