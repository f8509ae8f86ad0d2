/** Transcripts of the CLI against recorded answers: verbs and their tasks. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { against, list } from './testing/against.ts';
import { aTask, doneTask, failedTask } from './testing/documents.ts';
import type { Answers } from './testing/fake-api.ts';
import { aVm, uid } from './testing/vm-documents.ts';

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

  test('-o json is a list wherever more could have come of it: two names, or a label that one VM bears', async () => {
    const answers: Answers = {
      'GET /v1/vms': list(aVm()),
      'GET /v1/vms/web-1': { json: aVm() },
      'POST /v1/vms/web-1/stop': { status: 202, json: accepted },
      'POST /v1/vms/web-1/pause': { json: aVm() },
      'PATCH /v1/vms/web-1': { json: aVm() },
    };
    const isList = async (...words: readonly string[]) => {
      const { stdout } = await against(answers, {}, ...words, '-o', 'json');
      return Array.isArray(JSON.parse(stdout).items);
    };
    for (const words of [
      ['vm', 'stop'],
      ['vm', 'pause'],
      ['vm', 'wait'],
      ['vm', 'set', 'labels.a=b'],
    ]) {
      assert.equal(await isList(...words, 'web-1'), false, words.join(' '));
      assert.equal(await isList(...words, 'web-1', 'not-there'), true, words.join(' '));
      assert.equal(await isList(...words, '-l', 'app=web'), true, words.join(' '));
    }
  });

  test('a label that no VM bears is an error of each command that acts on VMs: a script hears of its slip', async () => {
    for (const words of [['stop'], ['delete', '--yes'], ['pause'], ['wait'], ['set', 'labels.a=b']]) {
      const run = await against({ 'GET /v1/vms': list() }, {}, 'vm', ...words, '-l', 'app=web');
      assert.notEqual(run.code, 0, words.join(' '));
      assert.match(run.stderr, /No VM has the labels 'app=web'/);
      assert.deepEqual([run.stdout, run.asked.length], ['', 1]);
    }
  });

  test('a VM that is named twice, as -o name prints it too, is asked once', async () => {
    const answers: Answers = { 'POST /v1/vms/web-1/stop': { status: 202, json: accepted } };
    const run = await against(answers, {}, 'vm', 'stop', 'web-1', 'vm/web-1', 'web-1');
    assert.deepEqual([run.code, run.asked.length], [0, 1]);
  });

  test('--wait before the name does not swallow it; each step is a line in a pipe, each second of it is none', async () => {
    const waits = aTask({ type: 'vm.stop' });
    const message = 'Waiting for the guest to power off (13 s of 60 s)';
    const waitsStill = { ...waits, step: waits.step === null ? null : { ...waits.step, message } };
    const run = await against(
      {
        'POST /v1/vms/web-1/stop': { status: 202, json: accepted },
        [`GET /v1/tasks/${accepted.id}`]: [{ json: waits }, { json: waitsStill }, { json: stopped }],
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

  test('a stop that ended in a kill does not say that it is done and nothing more', async () => {
    const killed = { ...stopped, result: { ended: 'killed_after_grace' } };
    const answers: Answers = {
      'POST /v1/vms/web-1/stop': { status: 202, json: accepted },
      [`GET /v1/tasks/${accepted.id}`]: { json: killed },
    };
    const says = 'killed: the guest did not power off in its grace time';
    const run = await against(answers, {}, ...['vm', 'stop', 'web-1', '--wait']);
    assert.deepEqual([run.code, run.stdout], [0, `vm/web-1 stop: done, ${says}\n`]);
    const task = await against(answers, {}, ...['task', 'get', accepted.id]);
    assert.match(task.stdout, new RegExp(`^ended +${says}$`, 'm'));
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
    assert.match(no.stderr, /Nothing was done/);
    // The end of the input leaves the question's line to what is said next.
    const end = await against(answers, { terminal: 80, stdin: '' }, 'vm', 'delete', '-l', 'app=web');
    assert.equal(end.code, 130);
    assert.match(end.stderr, /\? \[y\/N\] \nNothing was done/);
    assert.ok(no.asked.every(({ method }) => method === 'GET'));
    const yes = await against(answers, { terminal: 80, stdin: 'y\n' }, 'vm', 'delete', '-l', 'app=web');
    assert.equal(yes.code, 0);
  });

  const refusal = (code: string, message: string, details: object) => ({
    status: 409,
    json: { error: { code, message, details } },
  });
  const deletion = (name: string) => ({
    status: 202,
    json: aTask({ type: 'vm.delete', status: 'pending', step: null, resource: { kind: 'VirtualMachine', name, uid } }),
  });

  test('a set is deleted although one of it depends on another; a dependent outside of the set is in the way', async () => {
    const held = refusal('has_dependents', 'Cannot delete VM "db": web depends on it', { dependents: ['web'] });
    const answers: Answers = {
      'DELETE /v1/vms/db': [held, deletion('db')],
      'DELETE /v1/vms/web': deletion('web'),
    };
    const both = await against(answers, {}, 'vm', 'delete', 'db', 'web');
    assert.equal(both.code, 0, both.stderr);
    assert.match(both.stdout, /vm\/web delete: accepted[\s\S]*vm\/db delete: accepted/);
    const one = await against({ ...answers, 'DELETE /v1/vms/db': held }, {}, 'vm', 'delete', 'db', 'web');
    assert.equal(one.code, 4, 'it is not asked for ever');
    assert.match(one.stderr, /web depends on it \(has_dependents\)/);
    const alone = await against({ 'DELETE /v1/vms/db': held }, {}, 'vm', 'delete', 'db');
    assert.equal(alone.asked.length, 1);
  });

  test('--wait=T is one time for all of them, and every one is asked before the first is waited for', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `web-${at}`);
    const answers: Record<string, Answers[string]> = { 'GET /v1/vms': list(...names.map((name) => ({ name }))) };
    for (const name of names) {
      const task = aTask({ id: `t-${name}`, type: 'vm.stop', resource: { kind: 'VirtualMachine', name, uid } });
      answers[`POST /v1/vms/${name}/stop`] = { status: 202, json: task };
      answers[`GET /v1/tasks/${task.id}`] = { json: task };
    }
    const run = await against(answers, {}, 'vm', 'stop', '-l', 'app=web', '--wait=2s');
    assert.equal(run.code, 6);
    const asked = run.asked.map(({ method, path }) => `${method} ${path.split('/')[2]}`);
    assert.equal(asked.lastIndexOf('POST vms') < asked.indexOf('GET tasks'), true);
    // As many follow at a time as are in flight at a time; the others' time is over when it is their turn: one look each.
    const looks = run.asked.map(({ path }) => path).filter((path) => path.startsWith('/v1/tasks'));
    assert.equal(new Set(looks).size, 20);
    assert.equal(looks.slice(-12).length, new Set(looks.slice(-12)).size);
    assert.equal(run.stderr.match(/is not done after 2 s/g)?.length, 20);
  });

  test('what was done when its turn came is done, although the time for all of them was over by then', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `web-${at}`);
    const answers: Record<string, Answers[string]> = {};
    for (const [at, name] of names.entries()) {
      const task = aTask({ id: `t-${name}`, type: 'vm.stop', resource: { kind: 'VirtualMachine', name, uid } });
      answers[`POST /v1/vms/${name}/stop`] = { status: 202, json: task };
      answers[`GET /v1/tasks/${task.id}`] = { json: at === 19 ? { ...task, status: 'success' } : task };
    }
    const run = await against(answers, {}, 'vm', 'stop', ...names, '--wait=0');
    assert.equal(run.code, 6);
    assert.equal(run.stdout, 'vm/web-19 stop: done\n');
  });

  test('a short -w takes no word behind it for its time', async () => {
    const run = await against(
      { [`GET /v1/tasks/${doneTask.id}`]: { json: doneTask } },
      {},
      'task',
      'get',
      '-w',
      doneTask.id,
    );
    assert.equal(run.code, 0, run.stderr);
  });

  test('what to do next is said of the very VM', async () => {
    const stopped = refusal('not_running', 'Cannot pause VM "web-1": it is stopped', { phase: 'stopped' });
    const run = await against({ 'POST /v1/vms/web-1/pause': stopped }, {}, 'vm', 'pause', 'web-1');
    assert.match(run.stderr, /Next: Run 'holdfast vm start web-1'\n/);
  });
});
