import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, startFakeApi } from '../../cli/testing/fake-api.ts';
import { createApiClient } from '../../client/api-client.ts';
import { Fault } from '../../core/kit/fault.ts';
import { offerToStop } from './offer-to-stop.ts';

interface World {
  readonly vms: readonly object[];
  readonly unassigned?: readonly object[];
  readonly stops?: Readonly<Record<string, Answer>>;
  readonly answer?: boolean;
  readonly reason?: string;
}

const vm = (name: string, phase: string, live: boolean, node = 'node-1') => ({
  name,
  status: { phase, node, incarnation: live ? { id: name, run: 1, state: 'running' } : null },
});
const stopped: Answer = { status: 202, json: { status: 'success', error: null } };

/** What is asked, what is printed and what is stopped at a Ctrl-C. */
async function atCtrlC({ vms, unassigned = [], stops = {}, answer = false, reason = 'interrupted' }: World) {
  const half = Math.ceil(vms.length / 2);
  await using api = await startFakeApi({
    'GET /v1/vms': ({ query }) => {
      const second = query['cursor'] === 'more';
      const items = second ? vms.slice(half) : vms.slice(0, half);
      return { json: { items, revision: 1, next_cursor: second ? null : 'more' } };
    },
    'GET /v1/nodes': {
      json: {
        items: [
          { name: 'node-1', status: { unassigned } },
          { name: 'other', status: { unassigned: [{ uid: 'u', name: 'elsewhere', state: 'running' }] } },
        ],
      },
    },
    ...Object.fromEntries(Object.entries(stops).map(([name, one]) => [`POST /v1/vms/${name}/stop`, one])),
  });
  const said: string[] = [];
  const interrupted = AbortSignal.abort(new Fault(reason, 'Stopped'));
  const confirm = async (question: string) => {
    said.push(question);
    return answer;
  };
  const client = createApiClient({ fetch }, { server: api.server, token: null });
  const say = (line: string) => said.push(line);
  await offerToStop({ print: say, warn: say, confirm, interrupted }, client, 'node-1');
  const stopsAsked = api.asked.filter(({ method }) => method === 'POST').map(({ path }) => path);
  return { said, stopsAsked };
}

test('every VM with a process on this node counts, in whatever phase, on whatever page of the list', async () => {
  const vms = [
    vm('up', 'running', true),
    vm('still', 'paused', true),
    vm('sick', 'error', true),
    vm('going', 'stopping', true),
    vm('coming', 'starting', true),
    vm('off', 'stopped', false),
    vm('broken', 'error', false),
    vm('away', 'running', true, 'other'),
  ];
  const { said, stopsAsked } = await atCtrlC({ vms });
  assert.deepEqual(said, [
    '5 VM(s) run. Stop them too? [y/N] ',
    '5 VM(s) go on running; the same command adopts them again.',
  ]);
  assert.deepEqual(stopsAsked, []);
});

test('VMs that nobody declared are told too: they run, and cannot be stopped through the API', async () => {
  const unassigned = [
    { uid: 'u1', name: 'stray', state: 'running' },
    { uid: 'u2', name: 'files', state: 'leftover' },
  ];
  const alone = await atCtrlC({ vms: [vm('off', 'stopped', false)], unassigned });
  assert.deepEqual(alone.said, ['1 VM(s) that nobody declared go on running: stray.']);
  const both = await atCtrlC({ vms: [vm('up', 'running', true)], unassigned, stops: { up: stopped }, answer: true });
  assert.deepEqual(both.said, [
    '1 VM(s) run, and 1 that nobody declared (stray). Stop them too? [y/N] ',
    '1 VM(s) stopped. These go on running: stray.',
  ]);
  assert.deepEqual(both.stopsAsked, ['/v1/vms/up/stop']);
});

test('what could not be stopped is told, not counted as stopped', async () => {
  const failed: Answer = { status: 202, json: { status: 'failed', error: { message: 'Cannot stop VM "b": no' } } };
  const gone: Answer = { status: 409, json: { error: { code: 'being_deleted', message: 'VM "c" is being deleted' } } };
  const vms = ['a', 'b', 'c'].map((name) => vm(name, 'running', true));
  const { said } = await atCtrlC({ vms, stops: { a: stopped, b: failed, c: gone }, answer: true });
  assert.deepEqual(said.slice(1), ['Cannot stop VM "b": no', 'VM "c" is being deleted', '1 VM(s) stopped.']);
});

test('a SIGTERM asks nobody and stops nothing; an empty node has nothing to say', async () => {
  const { said, stopsAsked } = await atCtrlC({ vms: [vm('up', 'running', true)], answer: true, reason: 'terminated' });
  assert.deepEqual(said, ['1 VM(s) go on running; the same command adopts them again.']);
  assert.deepEqual(stopsAsked, []);
  assert.deepEqual((await atCtrlC({ vms: [] })).said, []);
});

test('an end that reached the control plane first is a clean end: nothing is asked, and the VMs go on', async () => {
  for (const [reason, tail] of [
    ['terminated', []],
    ['interrupted', [/^Cannot ask about them: Cannot reach the control plane at /]],
  ] as const) {
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    const interrupted = AbortSignal.abort(new Fault(reason, 'Stopped'));
    const client = createApiClient({ fetch }, { server: 'http://127.0.0.1:1', token: null });
    await offerToStop({ print: say, warn: say, confirm: assert.fail, interrupted }, client, 'node-1');
    assert.equal(said[0], 'The VMs go on running; the same command adopts them again.');
    assert.equal(said.length, 1 + tail.length);
    for (const [at, pattern] of tail.entries()) assert.match(said[at + 1] ?? '', pattern);
  }
});
