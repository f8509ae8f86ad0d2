import assert from 'node:assert/strict';
import { it } from 'node:test';
import Fastify from 'fastify';
import { addAnswerTurns } from './answer-turns.ts';
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
