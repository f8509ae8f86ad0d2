import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, startFakeApi } from '../../cli/testing/fake-api.ts';
import { fakeIo } from '../../cli/testing/run-cli.ts';
import { createApiClient } from '../../client/api-client.ts';
import { runDemo, stopDemo } from './demo.ts';

/** The demo against recorded answers, with what it printed. */
async function withDemo(
  answers: Readonly<Record<string, Answer | readonly Answer[]>>,
  act: (deps: Parameters<typeof stopDemo>[0]) => Promise<boolean>,
) {
  await using api = await startFakeApi(answers);
  const said: string[] = [];
  const client = createApiClient({ fetch }, { server: api.server, token: null });
  const { clock } = fakeIo({}).io;
  const interrupted = new AbortController().signal;
  const isDone = await act({
    client,
    clock: { ...clock, bootMs: clock.now },
    print: (line) => said.push(line),
    interrupted,
  });
  return { isDone, said };
}

test('the guest of the demo is up when it has written all of its line, which it writes piece by piece', async () => {
  const line = 'HOLDFAST-GUEST-READY hostname=demo uptime=2.31 root=ram';
  const status = { phase: 'running', observed_generation: 1, drift: [] };
  const { isDone, said } = await withDemo(
    {
      'GET /v1/vms/demo': [
        { status: 404, json: { error: { code: 'not_found', message: 'No', details: {} } } },
        { json: { name: 'demo', generation: 1, status } },
      ],
      'GET /v1/vms/demo/logs': ['', 'boot\r\n', `boot\r\n${line.slice(0, 30)}`, `boot\r\n${line}\r\n`].map((text) => ({
        text,
      })),
      'POST /v1/apply': { json: {} },
      'POST /v1/vms/demo/start': { status: 202, json: {} },
    },
    (deps) => runDemo(deps, { images: '/images' }),
  );
  assert.equal(isDone, true);
  assert.deepEqual(said.slice(said.indexOf('The guest says:') + 1, -2), [`  | ${line}`]);
});

test('a demo VM that is there is started as its owner has changed it: its manifest is not applied again', async () => {
  const status = { phase: 'running', observed_generation: 7, drift: [] };
  const { isDone, said } = await withDemo(
    {
      'GET /v1/vms/demo': { json: { name: 'demo', generation: 7, status } },
      'GET /v1/vms/demo/logs': { text: 'HOLDFAST-GUEST-READY hostname=demo\r\n' },
      'POST /v1/apply': { status: 409, json: { error: { code: 'restart_required', message: 'No', details: {} } } },
      'POST /v1/vms/demo/start': { status: 202, json: {} },
    },
    (deps) => runDemo(deps, { images: '/images' }),
  );
  assert.equal(isDone, true);
  assert.equal(said[0], 'VM "demo" is there and stays as it is declared …');
});

test('a demo that could not be stopped is told, not said to be stopped', async () => {
  const stop = (json: object) => withDemo({ 'POST /v1/vms/demo/stop': { status: 202, json } }, stopDemo);
  assert.deepEqual(await stop({ status: 'success', error: null }), { isDone: true, said: ['Stopped VM "demo".'] });
  const failed = await stop({ status: 'failed', error: { message: 'Cannot stop VM "demo": no' } });
  assert.deepEqual(failed, { isDone: false, said: ['Cannot stop VM "demo": no'] });
  const slow = await stop({ status: 'running', error: null });
  assert.deepEqual(slow, { isDone: false, said: ['VM "demo" is still stopping after 90 s'] });
});
