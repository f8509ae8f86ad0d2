/** Transcripts of the CLI against recorded answers: verbs and their tasks. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { against, list } from './testing/against.ts';
import { aTask, aVm, doneTask, failedTask } from './testing/documents.ts';
import type { Answers } from './testing/fake-api.ts';

describe('verbs', () => {
  const accepted = aTask({ type: 'vm.stop', status: 'pending', step: null, progress: 0 });
  const stopped = { ...doneTask, type: 'vm.stop' };

  test('without --wait they end when the task is accepted', async () => {
    const run = await against(
      { 'POST /v1/vms/web-1/stop': { status: 202, json: accepted } },
      {},
      'vm',
      'stop',
      'web-1',
    );
    assert.equal(run.code, 0);
    assert.equal(run.stdout, `vm/web-1 stop: accepted (task/${accepted.id})\n`);
    assert.equal(run.stderr, '');
  });

  test('--wait before the name does not swallow it; each step is a line in a pipe', async () => {
    const run = await against(
      {
        'POST /v1/vms/web-1/stop': { status: 202, json: accepted },
        [`GET /v1/tasks/${accepted.id}`]: [{ json: aTask({ type: 'vm.stop' }) }, { json: stopped }],
      },
      {},
      ...['vm', 'stop', '--wait', 'web-1'],
    );
    assert.equal(run.code, 0);
    assert.equal(run.stdout, 'vm/web-1 stop: done\n');
    assert.equal(
      run.stderr,
      'vm/web-1: vm.stop pending\nvm/web-1: stop 2/3, 33 %: Waiting for the guest to power off (12 s of 60 s)\n',
    );
  });

  test('on a terminal progress is one line that is taken away again', async () => {
    const run = await against(
      {
        'POST /v1/vms/web-1/stop': { status: 202, json: accepted },
        [`GET /v1/tasks/${accepted.id}`]: [{ json: aTask({ type: 'vm.stop' }) }, { json: stopped }],
      },
      { terminal: 100 },
      ...['vm', 'stop', 'web-1', '--wait'],
    );
    assert.equal(run.code, 0);
    assert.match(run.stderr, /stop 2\/3, 33 %/);
    assert.ok(!run.stderr.includes('\n'));
    assert.ok(run.stderr.endsWith('\r\u001b[2K'));
    assert.equal(run.stdout, 'vm/web-1 stop: done\n');
  });

  test('a task that failed is an error with its code, its sentence and what to do next', async () => {
    const run = await against(
      {
        'POST /v1/vms/web-1/stop': { status: 202, json: accepted },
        [`GET /v1/tasks/${accepted.id}`]: { json: failedTask },
      },
      {},
      ...['vm', 'stop', 'web-1', '--wait=2m'],
    );
    assert.equal(run.code, 8);
    assert.match(run.stderr, /did not power off within 60 s.*\(stop_timeout\)/);
    assert.match(run.stderr, /Next: Run 'holdfast vm poweroff web-1'/);
  });

  test('not in time is exit code 6, and what was accepted goes on', async () => {
    const running = { json: aTask({ type: 'vm.stop' }) };
    const run = await against(
      { 'POST /v1/vms/web-1/stop': { status: 202, json: accepted }, [`GET /v1/tasks/${accepted.id}`]: running },
      {},
      ...['vm', 'stop', 'web-1', '--wait=1s'],
    );
    assert.equal(run.code, 6);
    assert.match(run.stderr, /is not done after 1 s/);
  });

  test('a label reaches many; one failure keeps none of the others from it', async () => {
    const answers: Answers = {
      'GET /v1/vms': list({ name: 'web-1' }, { name: 'web-2' }, { name: 'web-3' }),
      'POST /v1/vms/web-1/pause': { json: aVm() },
      'POST /v1/vms/web-2/pause': {
        status: 409,
        json: { error: { code: 'not_running', message: 'VM "web-2" is stopped', details: {} } },
      },
      'POST /v1/vms/web-3/pause': { json: aVm({ name: 'web-3' }) },
    };
    const run = await against(answers, {}, 'vm', 'pause', '-l', 'app=web');
    assert.equal(run.code, 4);
    assert.match(run.stderr, /VM "web-2" is stopped \(not_running\)/);
    assert.deepEqual(run.asked.filter(({ method }) => method === 'POST').length, 3);
  });

  test('deleting by label needs --yes where nobody can be asked', async () => {
    const answers: Answers = {
      'GET /v1/vms': list({ name: 'web-1' }),
      'DELETE /v1/vms/web-1': { status: 202, json: { ...accepted, type: 'vm.delete' } },
    };
    const refused = await against(answers, {}, 'vm', 'delete', '-l', 'app=web');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /confirmation_required/);
    assert.ok(refused.asked.every(({ method }) => method === 'GET'));
    const done = await against(answers, {}, 'vm', 'delete', '-l', 'app=web', '--yes', '--graceful');
    assert.equal(done.code, 0);
    assert.equal(done.asked.at(-1)?.query['graceful'], 'true');
    const no = await against(answers, { terminal: 80, stdin: 'n\n' }, 'vm', 'delete', '-l', 'app=web');
    assert.equal(no.code, 130);
    assert.ok(no.asked.every(({ method }) => method === 'GET'));
    const yes = await against(answers, { terminal: 80, stdin: 'y\n' }, 'vm', 'delete', '-l', 'app=web');
    assert.equal(yes.code, 0);
  });
});
