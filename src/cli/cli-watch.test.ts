/** Transcripts of the CLI against recorded answers: waits, watches and logs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import { historyHeader } from '../wire/http/log-stream.ts';
import type { CliIo } from './cli-io.ts';
import { commandTable } from './command-table.ts';
import { runProgram } from './program.ts';
import { against, list } from './testing/against.ts';
import { anEvent } from './testing/documents.ts';
import { type Answers, startFakeApi } from './testing/fake-api.ts';
import { fakeIo, runCli } from './testing/run-cli.ts';
import { aVm, failed, pending, propagating } from './testing/vm-documents.ts';

describe('waiting and watching', () => {
  const event = (id: string, type: string, object: unknown) => ({ id, data: { type, revision: Number(id), object } });

  test('vm wait ends with the event that makes it true (S2b)', async () => {
    const run = await against(
      {
        'GET /v1/vms/web-1': { json: propagating },
        'GET /v1/vms': list(propagating),
        'GET /v1/vms?watch': {
          events: [event('48201', 'modified', aVm({ generation: 5, status: { observed_generation: 5 } }))],
        },
      },
      {},
      ...['vm', 'wait', 'web-1', '--timeout', '1m'],
    );
    assert.deepEqual([run.code, run.stdout], [0, 'vm/web-1 converged\n']);
    assert.equal(run.asked.at(-1)?.headers['last-event-id'], '48190');
    assert.equal(run.asked.at(-1)?.query['name'], 'web-1');
  });

  test('vm wait --for deleted is done when it is gone, and when it was gone already', async () => {
    const run = await against(
      {
        'GET /v1/vms/web-1': { json: propagating },
        'GET /v1/vms': list(propagating),
        'GET /v1/vms?watch': {
          events: [event('48233', 'deleted', { kind: 'VirtualMachine', name: 'web-1', uid: propagating.uid })],
        },
      },
      {},
      ...['vm', 'wait', 'web-1', '--for', 'deleted'],
    );
    assert.equal(run.code, 0, run.stderr);
    const before = await against({}, {}, 'vm', 'wait', 'web-1', '--for', 'deleted');
    assert.equal(before.code, 0);
  });

  test('a VM that is gone is not what is waited for, but for deleted', async () => {
    const answers: Answers = { [`GET /v1/vms/uid:${propagating.uid}`]: { json: aVm({ status: { phase: 'gone' } }) } };
    const wait = (word: string) => against(answers, {}, 'vm', 'wait', `uid:${propagating.uid}`, '--for', word);
    const run = await wait('converged');
    assert.deepEqual([run.code, run.stdout], [3, '']);
    assert.match(run.stderr, /VM "web-1" is deleted, it will not be converged any more \(not_found\)/);
    assert.equal((await wait('deleted')).code, 0);
  });

  test('vm wait --timeout 0 looks once and answers: done, or what it is not yet', async () => {
    const answers: Answers = { 'GET /v1/vms/web-1': { json: aVm() }, 'GET /v1/vms/new-1': { json: pending } };
    const { io, printed } = fakeIo({});
    await using api = await startFakeApi(answers);
    const wait = async (name: string): Promise<number> => {
      // As on a real clock: no time is over before an answer can be there.
      const timeout = (ms: number, signal?: AbortSignal): AbortSignal => {
        if (ms > 0) return io.clock.timeout(ms, signal);
        return AbortSignal.abort(new Fault('deadline_exceeded', 'Not done within 0 ms'));
      };
      const now = { ...io, env: { ...io.env, HOLDFAST_SERVER: api.server }, clock: { ...io.clock, timeout } };
      return await runProgram(now, commandTable, ['vm', 'wait', name, '--timeout', '0']);
    };
    assert.deepEqual([await wait('web-1'), printed().stdout], [0, 'vm/web-1 converged\n']);
    assert.equal(await wait('new-1'), 6);
    assert.match(printed().stderr, /VM "new-1" is not converged after 0 s: pending: There is no node/);
    assert.equal(api.asked.length, 2);
  });

  test('vm wait waits for a control plane that starts, as every follower does', async () => {
    const starts = { status: 503, json: { error: { code: 'not_ready', message: 'It starts', details: {} } } };
    const done = await against(
      {
        'GET /v1/vms/web-1': [starts, starts, { json: aVm() }],
        'GET /v1/vms': list(aVm()),
        'GET /v1/vms?watch': { events: [] },
      },
      {},
      ...['vm', 'wait', 'web-1', '--timeout', '1m'],
    );
    assert.equal(done.code, 0, done.stderr);
    const never = await against({ 'GET /v1/vms/web-1': starts }, {}, 'vm', 'wait', 'web-1', '--timeout', '1m');
    assert.equal(never.code, 6, never.stderr);
  });

  test('vm wait says after its time what it was still waiting for', async () => {
    const run = await against(
      { 'GET /v1/vms/new-1': { json: pending }, 'GET /v1/vms': list(pending), 'GET /v1/vms?watch': { events: [] } },
      {},
      ...['vm', 'wait', 'new-1', '--timeout', '2s'],
    );
    assert.equal(run.code, 6);
    assert.match(run.stderr, /VM "new-1" is not converged after 2 s: pending: There is no node/);
    assert.match(run.stderr, /Next: Run 'holdfast explain new-1'/);
  });

  test('vm wait --for healthy ends at once for a VM without health checks', async () => {
    const conditions = [
      { type: 'healthy', status: 'unknown', code: 'no_checks', message: 'None', generation: 1, since: '' },
    ];
    const unchecked = aVm({ status: { conditions } });
    const run = await against(
      { 'GET /v1/vms/web-1': { json: unchecked }, 'GET /v1/vms': list(unchecked), 'GET /v1/vms?watch': { events: [] } },
      {},
      ...['vm', 'wait', 'web-1', '--for', 'healthy', '--timeout', '2s'],
    );
    assert.equal(run.code, 2);
    assert.match(run.stderr, /VM "web-1" declares no health checks/);
  });

  test('a failure that is not tried again ends the wait at once with its own code', async () => {
    const reason = {
      code: 'checksum_mismatch',
      message: 'The image is another',
      next_action: 'Correct image_sha256',
      since: '',
    };
    const broken = aVm({ status: { phase: 'error', reason } });
    const run = await against(
      {
        'GET /v1/vms/web-1': { json: broken },
        'GET /v1/vms': list(broken),
        'GET /v1/vms?watch': {
          events: [event('1', 'modified', { ...broken, status: { ...broken.status, observed_generation: 0 } })],
        },
      },
      {},
      ...['vm', 'wait', 'web-1', '--for', 'running'],
    );
    assert.equal(run.code, 8);
    assert.match(run.stderr, /The image is another \(checksum_mismatch\)/);
  });

  test('a failure of an order that the node has not heard the newer one of does not end the wait (spec S2b)', async () => {
    const reason = { code: 'checksum_mismatch', message: 'The kernel is another', next_action: '', since: '' };
    const old = aVm({ generation: 3, status: { phase: 'error', reason, seen_generation: 2, observed_generation: 1 } });
    const corrected = aVm({ generation: 3, status: { seen_generation: 3, observed_generation: 3 } });
    const run = await against(
      {
        'GET /v1/vms/web-1': { json: old },
        'GET /v1/vms': list(old),
        'GET /v1/vms?watch': { events: [event('1', 'modified', corrected)] },
      },
      {},
      ...['vm', 'wait', 'web-1', '--for', 'converged'],
    );
    assert.equal(run.code, 0);
  });

  test('a watch whose resume point is gone lists again (410)', async () => {
    const gone = { status: 410, json: { error: { code: 'relist_required', message: 'too old', details: {} } } };
    const stop = new AbortController();
    await using api = await startFakeApi({
      'GET /v1/vms': list(aVm()),
      'GET /v1/vms?watch': [gone, { events: [event('48202', 'modified', failed)] }],
    });
    const run = runCli({ server: api.server, signal: stop.signal }, 'vm', 'list', '-w', '-o', 'json');
    while (api.asked.filter(({ query }) => query['watch'] === 'true').length < 3)
      await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Fault('interrupted', 'enough'));
    const { code, stdout } = await run;
    assert.equal(code, 130);
    const types = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    assert.deepEqual(types.slice(0, 3), ['listed', 'listed', 'modified']);
  });

  test('what happened before a list is read again is told: VMs that went, and events', async () => {
    const gone = { status: 410, json: { error: { code: 'relist_required', message: 'too old', details: {} } } };
    const lists = (first: readonly unknown[], second: readonly unknown[]) => [list(...first), list(...second)];
    const follow = async (answers: Answers, path: string, ...words: readonly string[]) => {
      const stop = new AbortController();
      await using api = await startFakeApi({ ...answers, [`GET ${path}?watch`]: [gone, { events: [] }] });
      const run = runCli({ server: api.server, signal: stop.signal }, ...words);
      const watches = () => api.asked.filter(({ query }) => query['watch'] === 'true');
      while (watches().length < 3) await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Fault('interrupted', 'enough'));
      // Of the epoch that the list was of: a restored store counts its revisions anew.
      assert.equal(watches()[0]?.query['epoch'], '1');
      return (await run).stdout;
    };
    const [web, db] = [aVm(), aVm({ name: 'db-1', uid: 'u-2' })];
    const vms: Answers = { 'GET /v1/vms': lists([web, db], [web]) };
    assert.match(await follow(vms, '/v1/vms', 'vm', 'list', '-w'), /^db-1 +gone/m);
    const told = (await follow(vms, '/v1/vms', 'vm', 'list', '-w', '-o', 'json')).trim().split('\n');
    const deleted = { type: 'deleted', object: { kind: 'VirtualMachine', name: 'db-1', uid: 'u-2' } };
    assert.deepEqual(
      told.map((line) => JSON.parse(line)).filter(({ type }) => type !== 'listed'),
      [deleted],
    );
    const later = { ...anEvent, id: 'e2', at: '2026-03-02T09:14:17.123Z' };
    const events: Answers = { 'GET /v1/events': lists([anEvent], [anEvent, later]) };
    const ids = await follow(events, '/v1/events', 'events', '-w', '-o', 'name');
    assert.deepEqual(ids.trim().split('\n'), [`event/${anEvent.id}`, 'event/e2']);
  });

  test('Ctrl-C is told as itself; what else broke after it is told, not taken for it', async () => {
    const signal = AbortSignal.abort(new Fault('interrupted', 'enough'));
    const runOf = async (thrown: unknown) => {
      const { io, printed } = fakeIo({ signal });
      const run = async (): Promise<number> => {
        throw thrown;
      };
      const load = async () => ({ arguments: [], options: [], examples: [], run });
      const code = await runProgram(io, [{ path: ['break'], summary: 'breaks', load }], ['break']);
      return [code, printed().stderr];
    };
    const aborted = new DOMException('This operation was aborted', 'AbortError');
    const wrapped = new Fault('server_unreachable', 'Cannot reach it', { cause: aborted });
    for (const end of [signal.reason, aborted, wrapped]) assert.deepEqual(await runOf(end), [130, '']);
    assert.deepEqual(await runOf(new Fault('data_dir_in_use', 'Cannot let go')), [
      4,
      'Error: Cannot let go (data_dir_in_use)\nNext: End that process, or use another data directory\n',
    ]);
    assert.deepEqual(await runOf(new Error('unforeseen')), [1, 'Error: unforeseen (internal)\n']);
  });

  test('vm get -w is one page on a terminal, whose ages go on while nothing else does', async () => {
    const stop = new AbortController();
    await using api = await startFakeApi({
      'GET /v1/vms/web-1': { json: aVm() },
      'GET /v1/vms': list(aVm()),
      'GET /v1/vms?watch': { events: [] },
    });
    const { io, printed } = fakeIo({ server: api.server, terminal: 120, signal: stop.signal });
    const run = runProgram(io, commandTable, ['vm', 'get', 'web-1', '-w']);
    const pages = () => printed().stdout.split('\u001b[H\u001b[2J').slice(1);
    while (pages().length < 4) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Fault('interrupted', 'enough'));
    assert.equal(await run, 130);
    const ages = new Set(pages().map((page) => /observed +.*?(\d+)s ago/.exec(page)?.[1]));
    assert.ok(ages.size > 1, [...ages].join());
  });

  test('events -w says when each was, because ages would stand still; without -w it says how old each is', async () => {
    const answers = {
      'GET /v1/events': list(anEvent),
      'GET /v1/events?watch': {
        events: [event('48203', 'added', { ...anEvent, id: 'e2', at: '2026-03-02T09:14:17.123Z' })],
      },
    };
    const once = await against({ 'GET /v1/events': list(anEvent) }, {}, 'events');
    assert.match(once.stdout, /^AGE .*\n\d+s /);
    const stop = new AbortController();
    await using api = await startFakeApi(answers);
    const run = runCli({ server: api.server, signal: stop.signal }, 'events', '-w');
    while (api.asked.filter(({ query }) => query['watch'] === 'true').length < 2)
      await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Fault('interrupted', 'enough'));
    const lines = (await run).stdout.split('\n');
    assert.match(lines[0] ?? '', /^TIME /);
    assert.match(lines[1] ?? '', new RegExp(`^${anEvent.at.slice(0, 19)}Z `));
    assert.match(lines[2] ?? '', /^2026-03-02T09:14:17Z /);
  });

  /** As `io`, with a control plane that does not answer while `away` says so. */
  const withOutage = (io: CliIo, away: (url: URL) => boolean): CliIo => ({
    ...io,
    fetch: (url, init) => (away(new URL(url)) ? Promise.reject(new TypeError('refused')) : io.fetch(url, init)),
  });

  test('vm wait goes on without the control plane until its own time, and then says that it did not answer', async () => {
    await using api = await startFakeApi({
      'GET /v1/vms/web-1': { json: propagating },
      'GET /v1/vms': list(propagating),
    });
    const { io, printed } = fakeIo({ server: api.server });
    const began = io.clock.now();
    const alone = withOutage(io, (url) => url.searchParams.get('watch') === 'true');
    assert.equal(await runProgram(alone, commandTable, ['vm', 'wait', 'web-1', '--timeout', '90s']), 6);
    assert.ok(io.clock.now() - began >= 90_000);
    const { stderr } = printed();
    assert.equal(stderr.split('does not answer; trying again').length, 2, stderr);
    assert.match(stderr, /not converged after 90 s: the control plane does not answer; last known as stopping/);
  });

  test('logs -f goes on where it was after the control plane was away, and says so once on standard error', async () => {
    const log = `one\n${'.'.repeat(5_000)}\ntwo\n`;
    // The beginning of the log was cut off meanwhile.
    const later = `${log.slice(4)}three\n`;
    const answer = { text: `${later}four\n`, historyBytes: later.length };
    await using api = await startFakeApi({ 'GET /v1/vms/web-1/logs': answer });
    const { io, printed } = fakeIo({ server: api.server });
    let opened = 0;
    const fetch: CliIo['fetch'] = async (url, init) => {
      opened += 1;
      // The first stream breaks behind two lines; then nobody answers for a while.
      if (opened > 1) return opened < 30 ? Promise.reject(new TypeError('refused')) : io.fetch(url, init);
      const response = await io.fetch(url, init);
      const body = async function* () {
        yield Buffer.from(log);
        throw new TypeError('terminated');
      };
      const headers = { get: (name: string) => (name === historyHeader ? '4' : response.headers.get(name)) };
      return { ok: true, status: 200, headers, text: async () => '', body: body() };
    };
    assert.equal(await runProgram({ ...io, fetch }, commandTable, ['logs', 'web-1', '-f']), 0);
    assert.equal(printed().stdout, `${log}three\nfour\n`);
    assert.equal(printed().stderr, 'The control plane does not answer; trying again\n');
  });

  test('logs -f of a guest that does not run prints what it wrote, says that no more comes, and ends well', async () => {
    const error = { code: 'not_running', message: 'It is stopped', details: {} };
    const answers: Answers = {
      'GET /v1/vms/web-1/logs': ({ query }) =>
        query['follow'] === 'true' ? { status: 409, json: { error } } : { text: 'one\ntwo\nthree\n' },
    };
    for (const [words, expected] of [
      [[], 'one\ntwo\nthree\n'],
      [['--tail', '1'], 'three\n'],
      [['--tail', '0'], ''],
    ] as const) {
      const run = await against(answers, {}, 'logs', 'web-1', '-f', ...words);
      assert.deepEqual([run.code, run.stdout], [0, expected], run.stderr);
      assert.equal(run.stderr, 'The guest does not run: its log ends here\n');
    }
  });

  test("logs keeps a guest's escape sequences from a terminal, also from the one at the end of a pipe", async () => {
    const raw = '\u001b[6n\u001b[32mok\u001b[0m\tx\r\n';
    for (const words of [
      ['logs', 'web-1'],
      ['logs', 'web-1', '-f'],
      ['logs', 'web-1', '--tail', '5'],
    ]) {
      const answers = { 'GET /v1/vms/web-1/logs': { text: raw } };
      assert.equal((await against(answers, { terminal: 80 }, ...words)).stdout, 'ok\tx\n');
      assert.equal((await against(answers, {}, ...words)).stdout, 'ok\tx\n');
    }
  });

  test('logs closes a line that the guest left open where words or a prompt would follow it on a terminal', async () => {
    const answers: Answers = {
      'GET /v1/vms/web-1/logs': ({ query }) =>
        'follow' in query
          ? { status: 409, json: { error: { code: 'not_running', message: 'it is stopped', details: {} } } }
          : { text: 'booted\r\nroot:/# ' },
    };
    for (const words of [[], ['-f']]) {
      assert.equal((await against(answers, { terminal: 80 }, 'logs', 'web-1', ...words)).stdout, 'booted\nroot:/# \n');
      assert.equal((await against(answers, {}, 'logs', 'web-1', ...words)).stdout, 'booted\nroot:/# ');
    }
  });

  test('logs of a guest that has written nothing yet says so beside the empty output, but with -q', async () => {
    const answers = { 'GET /v1/vms/web-1/logs': { text: '' } };
    const run = await against(answers, {}, 'logs', 'web-1');
    assert.deepEqual([run.code, run.stdout, run.stderr], [0, '', 'web-1 has written nothing to its console yet\n']);
    assert.equal((await against(answers, {}, 'logs', 'web-1', '-q')).stderr, '');
    assert.equal((await against(answers, {}, 'logs', 'web-1', '--tail', '0')).stderr, run.stderr);
  });

  test('logs prints the last lines, counted from the end', async () => {
    const log = 'one\ntwo\nthree\nfour\n';
    const whole = await against({ 'GET /v1/vms/web-1/logs': { text: log } }, {}, 'logs', 'web-1');
    assert.equal(whole.stdout, log);
    const tail = await against({ 'GET /v1/vms/web-1/logs': { text: log } }, {}, 'vm', 'logs', 'web-1', '--tail', '2');
    assert.equal(tail.stdout, 'three\nfour\n');
  });

  test('logs -f --tail loses nothing that came between the look and the following', async () => {
    // As much text comes meanwhile as the tail is long, and more.
    const log = { text: 'one\ntwo\nthree\n' };
    const came = `${log.text}four\n`;
    const later = { text: `${came}answer\nprompt# `, historyBytes: came.length };
    const words = ['vm', 'logs', 'web-1', '--tail', '1', '-f'];
    const follow = await against({ 'GET /v1/vms/web-1/logs': [log, later] }, {}, ...words);
    assert.equal(follow.stdout, 'three\nfour\nanswer\nprompt# ');
    assert.equal(follow.asked.at(-1)?.query['follow'], 'true');
  });
});
