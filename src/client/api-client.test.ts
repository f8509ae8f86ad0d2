import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import { secretOf } from '../core/kit/secret.ts';
import { createApiClient, type Http } from './api-client.ts';
import { watchList } from './watch-list.ts';

/** A server that answers each request by the next function. */
function answering(...answers: readonly ((url: string, init: Parameters<Http>[1]) => Response)[]): Http {
  let turn = 0;
  return async (url, init) => {
    const answer = answers[Math.min(turn, answers.length - 1)];
    turn += 1;
    if (answer === undefined) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    return answer(url, init);
  };
}

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

function clientOf(http: Http) {
  return createApiClient({ fetch: http }, { server: 'http://holdfast:7070', token: secretOf('hf_1') });
}

const codeIs = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;

test('a refusal is a fault with the code, message and details of the envelope', async () => {
  const envelope = { error: { code: 'name_taken', message: 'The name is in use', details: { task: 't1' } } };
  const client = clientOf(answering(() => json(envelope, 409)));
  await assert.rejects(client.request('POST', '/v1/vms'), (error) => {
    assert.ok(error instanceof Fault);
    assert.deepEqual(
      [error.code, error.message, error.details],
      ['name_taken', 'The name is in use', { task: 't1', status: 409 }],
    );
    return true;
  });
});

test('nobody there is server_unreachable; what the caller ended gives the reason of the caller', async () => {
  await assert.rejects(clientOf(answering()).request('GET', '/v1/vms'), codeIs('server_unreachable'));
  const ended = AbortSignal.abort(new Fault('interrupted', 'enough'));
  await assert.rejects(clientOf(answering()).request('GET', '/v1/vms', { signal: ended }), codeIs('interrupted'));
});

test('a server that speaks no TLS is said to speak none; of one that refuses it is told why, not what its library says of it', async () => {
  const cases = [
    [
      '0A00010B:SSL routines:tls_validate_record_header:wrong version number:x.c:77:',
      'it does not speak TLS, which https:// asks for',
    ],
    [
      '0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:x.c:9:SSL alert number 40',
      'TLS with it failed: ssl/tls alert handshake failure',
    ],
  ] as const;
  for (const [said, why] of cases) {
    const fails = (): Response => {
      const cause = Object.assign(new Error(`write EPROTO 00:error:${said}\n`), { code: 'EPROTO' });
      throw new TypeError('fetch failed', { cause });
    };
    const message = `Cannot reach the control plane at http://holdfast:7070: ${why}`;
    await assert.rejects(clientOf(answering(fails)).request('GET', '/v1/vms'), { message });
  }
});

test('an answer that breaks off is server_unreachable; where the caller ended it, the reason of the caller', async () => {
  const caller = new AbortController();
  const cut = (): Response => {
    const body = new ReadableStream({
      pull: (controller) => {
        caller.abort(new Fault('interrupted', 'enough'));
        controller.error(new Error('aborted'));
      },
    });
    return new Response(body, { headers: { 'content-type': 'application/json' } });
  };
  await assert.rejects(clientOf(answering(cut)).request('GET', '/v1/vms'), codeIs('server_unreachable'));
  const signal = caller.signal;
  await assert.rejects(clientOf(answering(cut)).request('GET', '/v1/vms', { signal }), codeIs('interrupted'));
});

test('absent query values are not sent, bodies are JSON with their type', async () => {
  const seen: string[] = [];
  const client = clientOf(
    answering((url, init) => {
      seen.push(url, String(init.headers['content-type']), String(init.headers['authorization']), String(init.body));
      return json({});
    }),
  );
  await client.request('POST', '/v1/vms', { query: { wait: 5, forget: undefined }, body: { a: 1 } });
  assert.deepEqual(seen, ['http://holdfast:7070/v1/vms?wait=5', 'application/json', 'Bearer hf_1', '{"a":1}']);
});

test('a server below a path of a proxy is asked there', async () => {
  const seen: string[] = [];
  const fetch = answering((url) => {
    seen.push(url);
    return json({});
  });
  const client = createApiClient({ fetch }, { server: 'https://ops.example/holdfast', token: null });
  await client.request('GET', '/v1/vms', { query: { limit: 1 } });
  assert.deepEqual(seen, ['https://ops.example/holdfast/v1/vms?limit=1']);
});

test('a stream that breaks off is told as such', async () => {
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(Buffer.from('one'));
      controller.error(new Error('ECONNRESET'));
    },
  });
  const client = clientOf(answering(() => new Response(body)));
  await assert.rejects(async () => {
    for await (const _chunk of await client.open('GET', '/v1/vms/a/logs'));
  }, codeIs('server_unreachable'));
});

const events = (text: string) => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
const change = (id: number, name: string) =>
  `id: ${id}\ndata: ${JSON.stringify({ type: 'modified', revision: id, object: { name } })}\n\n`;

test('a watch goes on at the last revision seen when the connection breaks, and misses nothing', async () => {
  const asked: (string | undefined)[] = [];
  const client = clientOf(
    answering(
      () => json({ items: [{ name: 'a' }], revision: 7, next_cursor: null }),
      (_url, init) => {
        asked.push(init.headers['last-event-id']);
        return events(change(8, 'a') + change(9, 'b'));
      },
      () => json({ error: { code: 'not_ready', message: 'starting', details: {} } }, 503),
      (_url, init) => {
        asked.push(init.headers['last-event-id']);
        return events(change(10, 'c'));
      },
    ),
  );
  const names: string[] = [];
  const deps = { client, sleep: async () => {} };
  for await (const news of watchList<{ name: string }>(deps, '/v1/vms', {}, new AbortController().signal)) {
    if (news.kind === 'listed') names.push(...news.items.map(({ name }) => name));
    else names.push(news.object.name);
    if (names.at(-1) === 'c') break;
  }
  assert.deepEqual(names, ['a', 'a', 'b', 'c']);
  assert.deepEqual(asked, ['7', '9']);
});

const refused = () => {
  throw new TypeError('connect ECONNREFUSED');
};

test('a watch outlives any time without the control plane, asks ever more seldom, and says so once', async () => {
  const client = clientOf(
    answering(
      () => json({ items: [], revision: 7, next_cursor: null }),
      ...Array.from({ length: 50 }, () => refused),
      () => events(change(8, 'a')),
    ),
  );
  const pauses: number[] = [];
  let silences = 0;
  const deps = {
    client,
    sleep: async (ms: number) => void pauses.push(ms),
    onSilence: () => {
      silences += 1;
    },
  };
  for await (const news of watchList(deps, '/v1/vms', {}, new AbortController().signal)) {
    if (news.kind !== 'listed') break;
  }
  assert.equal(silences, 1);
  assert.deepEqual(pauses.slice(0, 5), [500, 1_000, 2_000, 4_000, 5_000]);
  assert.equal(pauses.length, 50);
});

test('a watch of a control plane that never answered ends at once: the address may be wrong', async () => {
  const deps = { client: clientOf(answering(refused)), sleep: async () => assert.fail('it waits') };
  await assert.rejects(async () => {
    for await (const _news of watchList(deps, '/v1/vms', {}, new AbortController().signal));
  }, codeIs('server_unreachable'));
});

test('who is not let in is told by which control plane: another one than was meant may have been asked', async () => {
  const client = clientOf(answering(() => json({ error: { code: 'unauthorized', message: 'no', details: {} } }, 401)));
  await assert.rejects(client.request('GET', '/v1/vms'), (error) => {
    assert.deepEqual((error as Fault).details, { server: client.server, status: 401 });
    return true;
  });
});

test('a watch of something that cannot be watched ends with the refusal', async () => {
  const client = clientOf(
    answering(
      () => json({ items: [], revision: 1, next_cursor: null }),
      () => json({ error: { code: 'unauthorized', message: 'no token', details: {} } }, 401),
    ),
  );
  const deps = { client, sleep: async () => {} };
  await assert.rejects(async () => {
    for await (const _news of watchList(deps, '/v1/vms', {}, new AbortController().signal));
  }, codeIs('unauthorized'));
});
