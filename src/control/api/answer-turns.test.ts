import assert from 'node:assert/strict';
import { it } from 'node:test';
import Fastify from 'fastify';
import { addAnswerTurns, addHandlers } from './answer-turns.ts';
import type { ApiServer } from './route-context.ts';

it('answers leave together, in order, when all requests of the turn were looked at', async () => {
  const app = Fastify();
  addAnswerTurns(app as unknown as ApiServer, setImmediate);
  const seen: string[] = [];
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
  const app = Fastify();
  addHandlers(app as unknown as ApiServer, setImmediate);
  const seen: string[] = [];
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
