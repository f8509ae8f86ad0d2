import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSystemClock } from '../../adapters/host/system-clock.ts';
import { createApiClient, type Http } from '../../client/api-client.ts';
import { Fault } from '../../core/kit/fault.ts';
import { runDemo } from './demo.ts';
import { patientClient } from './patient-client.ts';

const clock = createSystemClock();
const vm = {
  name: 'demo',
  generation: 1,
  status: { phase: 'running', observed_generation: 1, drift: [], addresses: [] },
};

const answer = (text: string, type: string) => ({
  ok: true,
  status: 200,
  headers: { get: (name: string) => (name === 'content-type' ? type : null) },
  body: null,
  text: async () => text,
});

const absent = {
  ...answer(JSON.stringify({ error: { code: 'not_found', message: 'No', details: {} } }), 'application/json'),
  ok: false,
  status: 404,
};

/** A control plane that is killed at its second, its fourth … request, and started again at once. */
function dyingHttp(asked: string[]): Http {
  return async (url, { method }) => {
    asked.push(`${method} ${new URL(url).pathname}`);
    if (asked.length % 2 === 0) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    if (!asked.includes('POST /v1/apply') && method !== 'POST') return absent;
    return url.endsWith('/logs')
      ? answer('HOLDFAST-GUEST-READY hostname=demo\n', 'text/plain')
      : answer(JSON.stringify(vm), 'application/json');
  };
}

/** Sleeps take no time; the time that is over is counted. */
const hurried = { ...clock, sleep: async (_ms: number, signal?: AbortSignal) => signal?.throwIfAborted() };

test('the demo goes on with the control plane that is started again after one that was killed in its midst', async () => {
  const asked: string[] = [];
  const printed: string[] = [];
  const interrupted = new AbortController().signal;
  const plain = createApiClient({ fetch: dyingHttp(asked) }, { server: 'http://127.0.0.1:1', token: null });
  const client = patientClient(plain, { clock: hurried, interrupted }, 'server.log');
  const print = (line: string) => printed.push(line);
  assert.equal(await runDemo({ client, clock: hurried, print, interrupted }, { images: '/images' }), true);
  for (const once of ['POST /v1/apply', 'POST /v1/vms/demo/start']) assert.ok(asked.includes(once), once);
  assert.match(printed.join('\n'), /HOLDFAST-GUEST-READY/);
});

test('a control plane that is not back in time is told with where its words are, and Ctrl-C waits for none', async () => {
  const away = createApiClient(
    { fetch: () => Promise.reject(new TypeError('refused')) },
    { server: 'http://127.0.0.1:1', token: null },
  );
  const over = new Fault('deadline_exceeded', 'over');
  const never = new AbortController().signal;
  const late = { ...hurried, timeout: () => AbortSignal.abort(over) };
  await assert.rejects(patientClient(away, { clock: late, interrupted: never }, 'DIR/server.log').request('GET', '/'), {
    code: 'server_unreachable',
    message: 'The control plane is not back after 60 s',
    details: { next_action: 'See DIR/server.log' },
  });
  const interrupted = AbortSignal.abort(new Fault('interrupted', 'Stopped'));
  const client = patientClient(away, { clock: hurried, interrupted }, 'server.log');
  assert.equal(await runDemo({ client, clock: hurried, print: () => {}, interrupted }, { images: '/images' }), false);
});
