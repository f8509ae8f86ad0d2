import assert from 'node:assert/strict';
import { it } from 'node:test';
import Fastify from 'fastify';
import { addTurns, lastAnswers } from './answer-turns.ts';
import type { ApiServer } from './route-context.ts';

/** A server in whose turns things are seen to happen. */
function aServer() {
  const app = Fastify();
  addTurns(app as unknown as ApiServer, setImmediate);
  const seen: string[] = [];
  return { app, seen };
}

it('answers leave together, in order, when all requests of the turn were looked at', async () => {
  const { app, seen } = aServer();
  app.addHook('onResponse', (request, _reply, done) => {
    seen.push(`answered ${request.url}`);
    done();
  });
  app.get('/:name', (request, reply) => {
    seen.push(`looked at ${request.url}`);
    reply.send(request.url);
  });
  await app.ready();
  const answers = await Promise.all(['/a', '/b', '/c'].map((url) => app.inject({ url })));
  assert.deepEqual(
    answers.map(({ statusCode, body }) => [statusCode, body]),
    [
      [200, '/a'],
      [200, '/b'],
      [200, '/c'],
    ],
  );
  assert.deepEqual(seen, ['looked at /a', 'looked at /b', 'looked at /c', 'answered /a', 'answered /b', 'answered /c']);
  await app.close();
});

it('writes begin together when all requests of the turn were read, reads at once; one that throws takes no other with it', async () => {
  const { app, seen } = aServer();
  app.addHook('preHandler', (request, _reply, done) => {
    seen.push(`read ${request.url}`);
    done();
  });
  app.get('/:name', (request, reply) => {
    seen.push(`begun ${request.url}`);
    reply.send('');
  });
  app.patch('/:name', (request, reply) => {
    seen.push(`begun ${request.url}`);
    if (request.url === '/a') throw new Error('a bug');
    reply.send('');
  });
  app.put('/:name', async () => {
    throw new Error('a later bug');
  });
  await app.ready();
  const asked = [
    app.inject({ method: 'PATCH', url: '/a' }),
    app.inject({ method: 'PATCH', url: '/b' }),
    app.inject({ url: '/c' }),
    app.inject({ method: 'PUT', url: '/d' }),
  ];
  const answers = await Promise.all(asked);
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [500, 200, 200, 500],
  );
  assert.deepEqual(seen, ['read /a', 'read /b', 'read /c', 'begun /c', 'read /d', 'begun /a', 'begun /b']);
  await app.close();
});

it('answers that are ready leave before the writes of the turn begin: reads wait for no write that came first', async () => {
  const { app, seen } = aServer();
  app.addHook('onResponse', (request, _reply, done) => {
    seen.push(`answered ${request.url}`);
    done();
  });
  app.patch('/:name', (request, reply) => {
    seen.push(`begun ${request.url}`);
    reply.send('');
  });
  app.get('/:name', (_request, reply) => void reply.send(''));
  await app.ready();
  await Promise.all([app.inject({ method: 'PATCH', url: '/a' }), app.inject({ url: '/b' })]);
  assert.deepEqual(seen, ['answered /b', 'begun /a', 'answered /a']);
  await app.close();
});

it('a write that was read in the turn in which the server closes is answered before its connection is closed', async () => {
  const app = Fastify();
  addTurns(app as unknown as ApiServer, setImmediate);
  let written = Promise.resolve();
  /** One after the other, each for some turns, as on a disk. */
  const commit = async () => {
    const before = written;
    const { promise, resolve } = Promise.withResolvers<void>();
    written = promise;
    await before;
    for (let turn = 0; turn < 10; turn += 1) await new Promise((ended) => setImmediate(ended));
    resolve();
    return { ok: true, revision: 1 } as const;
  };
  const seen: string[] = [];
  let closed = Promise.resolve();
  // It waits for the end of the turn when the server is told to close.
  app.addHook('preHandler', (_request, _reply, done) => {
    done();
    closed = lastAnswers({ commit }, setImmediate, new AbortController().signal).then(() => void seen.push('closed'));
  });
  app.addHook('onResponse', (_request, _reply, done) => {
    seen.push('answered');
    done();
  });
  app.patch('/', async (_request, reply) => {
    await commit();
    reply.send('');
  });
  await app.ready();
  await app.inject({ method: 'PATCH', url: '/' });
  await closed;
  assert.deepEqual(seen, ['answered', 'closed']);
  await app.close();
});
