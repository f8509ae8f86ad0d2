/** Transcripts of the CLI against recorded answers: what is printed where, and how errors end. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { against, list } from './testing/against.ts';
import { aStatus } from './testing/documents.ts';
import { type Answers, startFakeApi } from './testing/fake-api.ts';
import { runCli } from './testing/run-cli.ts';
import { aVm, failed, propagating } from './testing/vm-documents.ts';

const scratch = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const escapes = '\u001b';

describe('the form of output', () => {
  const answers: Answers = { 'GET /v1/vms/web-1': { json: aVm() }, 'GET /v1/vms': list(aVm(), failed) };

  test('vm get is a page for people, coloured only on a terminal and never with NO_COLOR', async () => {
    const pipe = await against(answers, {}, 'vm', 'get', 'web-1');
    assert.equal(pipe.code, 0);
    assert.match(pipe.stdout, /DESIRED +OBSERVED/);
    assert.ok(!pipe.stdout.includes(escapes));
    const terminal = await against(answers, { terminal: 120 }, 'vm', 'get', 'web-1');
    assert.ok(terminal.stdout.includes(escapes));
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }] as readonly Record<string, string>[]) {
      const plain = await against(answers, { terminal: 120, env }, 'vm', 'get', 'web-1');
      assert.ok(!plain.stdout.includes(escapes));
    }
    const flag = await against(answers, { terminal: 120 }, '--no-color', 'vm', 'get', 'web-1');
    assert.ok(!flag.stdout.includes(escapes));
  });

  test('-o json prints what the server said, -o name what other commands take', async () => {
    const json = await against(answers, {}, 'vm', 'get', 'web-1', '-o', 'json');
    assert.deepEqual(JSON.parse(json.stdout), aVm());
    const names = await against(answers, {}, 'vm', 'list', '-o', 'name');
    assert.equal(names.stdout, 'vm/web-1\nvm/db-1\n');
    const back = await against(answers, {}, 'vm', 'get', 'vm/web-1', '-o', 'name');
    assert.equal(back.stdout, 'vm/web-1\n');
  });

  test('vm get prints the VMs that there are beside the error for one that is not', async () => {
    const run = await against(answers, {}, 'vm', 'get', 'web-1', 'nosuch', '-o', 'name');
    assert.deepEqual([run.code, run.stdout], [3, 'vm/web-1\n']);
    assert.match(run.stderr, /"nosuch" does not exist \(not_found\)/);
  });

  test('a request refused as a conflict ends with exit code 4, also by a code that an instance can fail with', async () => {
    const error = { code: 'insufficient_resources', message: 'Node node-1 is full', details: {} };
    const refused = { 'POST /v1/vms/web-1/start': { status: 409, json: { error } } };
    assert.equal((await against(refused, {}, 'vm', 'start', 'web-1')).code, 4);
  });

  test('a failure that came once is no crash loop, and a try that is due is now', async () => {
    const restart = { attempt: 1, backing_off: true, next_at: '2026-03-02T09:14:17.000Z' };
    const once = { ...failed, status: { ...failed.status, restart } };
    const run = await against({ 'GET /v1/vms': list(once) }, {}, 'vm', 'list');
    assert.match(run.stdout, / next try now: The hypervisor/);
    assert.doesNotMatch(run.stdout, /crash loop/);
  });

  test('what is tried again and again because something outside is not there is no crash loop', async () => {
    const restart = { attempt: 5, backing_off: true, next_at: '2026-03-02T09:14:17.000Z' };
    const reason = { ...failed.status.reason, code: 'image_unavailable', message: 'No image' };
    const waits = { ...failed, status: { ...failed.status, restart, reason } };
    const run = await against({ 'GET /v1/vms': list(waits) }, {}, 'vm', 'list');
    assert.match(run.stdout, / next try now: No image/);
    assert.doesNotMatch(run.stdout, /crash loop/);
  });

  test('vm list reads all pages and hands its filters to the server', async () => {
    const pages = await against(
      {
        'GET /v1/vms': ({ query }) =>
          query['cursor'] === undefined
            ? { json: { items: [aVm()], next_cursor: 'c2', revision: 1 } }
            : { json: { items: [failed], next_cursor: null, revision: 1 } },
      },
      {},
      ...['vm', 'list', '-l', 'app=web', '--field', 'phase=error', '-o', 'name'],
    );
    assert.equal(pages.stdout, 'vm/web-1\nvm/db-1\n');
    assert.equal(pages.asked.length, 2);
    assert.equal(pages.asked[0]?.query['label_selector'], 'app=web');
    assert.equal(pages.asked[0]?.query['phase'], 'error');
    assert.equal(pages.asked[0]?.headers.authorization, 'Bearer hf_test');
  });

  test('an empty list prints nothing to a pipe but a word beside it', async () => {
    const empty = await against({ 'GET /v1/vms': list() }, {}, 'vm', 'list');
    assert.deepEqual([empty.code, empty.stdout, empty.stderr], [0, '', 'No VMs.\n']);
  });

  test('status lists instances and says by exit code whether all is converged', async () => {
    const answers: Answers = { 'GET /v1/status': { json: aStatus }, 'GET /v1/vms': list(aVm(), propagating, failed) };
    const shown = await against(answers, {}, 'status');
    assert.equal(shown.code, 0);
    assert.match(shown.stdout, /^33 % converged, 1 of 3 in sync/);
    const checked = await against(answers, {}, 'status', '--exit-code', '-q');
    assert.deepEqual([checked.code, checked.stdout], [8, '']);
  });
});

describe('errors', () => {
  test('have the exit code of the error table and say what to do next (spec §4)', async () => {
    const missing = await against({}, {}, 'vm', 'get', 'nope');
    assert.equal(missing.code, 3);
    assert.equal(missing.stdout, '');
    assert.equal(missing.stderr, 'Error: VM "nope" does not exist (not_found)\n');
    const nobody = await runCli({ server: 'http://127.0.0.1:1' }, 'vm', 'list');
    assert.equal(nobody.code, 5);
    assert.match(nobody.stderr, /^Error: Cannot reach the control plane.*\(server_unreachable\)\nNext: Start one with/);
  });

  test('another web server is not taken for a control plane', async () => {
    const html = { text: '<html></html>', type: 'text/html' };
    const page = await against({ 'GET /v1/vms': html }, {}, 'vm', 'list');
    assert.equal(page.code, 1);
    assert.match(page.stderr, /is not Holdfast \(bad_answer\)/);
    const broken = await against({ 'GET /v1/vms': { text: '{', type: 'application/json' } }, {}, 'vm', 'list');
    assert.match(broken.stderr, /bad_answer/);
    const nonsense = await runCli({ server: 'http://[bad' }, 'vm', 'list');
    assert.equal(nonsense.code, 2);
  });

  test('are the envelope on standard error with -o json', async () => {
    const missing = await against({}, {}, '-o', 'json', 'vm', 'get', 'nope');
    assert.equal(missing.code, 3);
    assert.equal(JSON.parse(missing.stderr).error.code, 'not_found');
    for (const flags of [['-ojson'], ['-qojson'], ['-qo', 'json']]) {
      const usage = await runCli({}, 'vm', 'get', ...flags);
      assert.equal(JSON.parse(usage.stderr).error.code, 'usage');
    }
  });

  for (const [argv, expected] of [
    [['vm', 'gett', 'x'], /Unknown command 'gett' \(Did you mean get\?\)/],
    [['statuss'], /Unknown command 'statuss' \(Did you mean status\?\)/],
    [
      ['vm', 'stop', '--wat', 'x'],
      /Unknown option '--wat' \(Did you mean --wait\?\)[\s\S]*See 'holdfast vm stop --help'/,
    ],
    [['vm', 'get'], /Missing required argument 'name'/],
    [['vm', 'list', '-o', 'xml'], /argument 'xml' is invalid/],
    [
      ['vm', 'get', 'a', '-o', 'wide'],
      /'wide' is invalid. Allowed choices are table, json, yaml, name.*\n.*vm get --help/,
    ],
    [['vm', 'get', 'a', '-w', '-o', 'yaml'], /With -w, -o is table, json or name; not 'yaml'/],
    [['vm', 'list', '-w', '-o', 'yaml'], /With -w, -o is table, wide, json or name; not 'yaml'/],
    [['events', '-w', '-o', 'yaml'], /With -w, -o is table, wide, json or name; not 'yaml'/],
    [['vm', 'get', 'a', 'b', '-w'], /-w follows one VM; 'holdfast vm list -w' follows all/],
    [['vm', 'list', '--field', 'watch=true'], /--field takes name, phase, node, desired_phase, in_sync; not 'watch'/],
    [['vm', 'list', '--field', 'phase=error', '--field', 'phase=running'], /--field phase is given twice/],
    [['vm', 'zzz'], /Unknown command 'zzz' \(usage\)\nNext: See 'holdfast vm --help'/],
    [['-q', 'vm', 'zzz'], /Unknown command 'zzz' \(usage\)\nNext: See 'holdfast vm --help'/],
    [['vm', 'help', 'zzz'], /Unknown command 'zzz' \(usage\)\nNext: See 'holdfast vm --help'/],
    [['help', 'vm', 'zzz'], /Unknown command 'zzz' \(usage\)\nNext: See 'holdfast vm --help'/],
    [['vm', 'zzz', '--help'], /Unknown command 'zzz' \(usage\)\nNext: See 'holdfast vm --help'/],
    [['zzz', '-h'], /Unknown command 'zzz' \(usage\)\nNext: See 'holdfast --help'/],
    [['help', 'zzz'], /Unknown command 'zzz' \(usage\)\nNext: See 'holdfast --help'/],
    [['vm', 'stop'], /Name at least one VM/],
    [['vm', 'stop', 'a', '-l', 'app=web'], /not both/],
    [['vm', 'stop', 'a', '--wait=soon'], /--wait is a time such as 30s/],
    [['vm', 'stop', 'a', '--wait', '90s'], /'90s' would be a name: the time of --wait stands behind '=', --wait=90s/],
    [['apply', '-f', 'x', '--wait', '2m'], /'2m' would be a name: the time of --wait stands behind '=', --wait=2m/],
    [['vm', 'wait', 'a', '--for', 'bliss'], /--for is one of converged/],
    [['vm', 'set', 'a'], /Nothing to set: give FIELD=VALUE or a flag \(usage\)/],
    [['vm', 'set', 'a', 'memory_mib'], /Nothing to set: .*; 'memory_mib' was taken for a name, it has no '='/],
    [
      ['vm', 'set', 'a', '--memory', '512', 'memory_mib=1024'],
      /--memory and memory_mib=1024 set the same field; give one/,
    ],
    [['vm', 'set', 'a', 'cpu_cores=1', 'cpu_cores=2'], /cpu_cores=1 and cpu_cores=2 set the same field/],
    [['vm', 'set', 'a', 'labels.x=1', 'labels:={"y":"2"}'], /labels\.x=1 and labels:=\{"y":"2"\} set the same field/],
    [
      ['vm', 'set', 'a', '--memory', '512', '--memory', '1024'],
      /--memory is given twice, as 512 and as 1024; give one/,
    ],
    [['vm', 'create', 'a', '-f', 'x.yaml', '-f', 'y.yaml'], /--filename is given twice, as x.yaml and as y.yaml/],
    [['vm', 'stop', 'a', '--wait', '--wait=9s'], /--wait is given twice/],
    [['vm', 'set', 'a', '--grace', '9', 'stop:={}'], /--grace and stop:=\{\} set the same field/],
    [['vm', 'set', 'a', '--label', 'x=1', 'labels.x=2'], /--label x=1 and labels.x=2 set the same field/],
    [['vm', 'create', 'a', '--no-nics', '--set', 'nics:=[]'], /--no-nics and nics:=\[\] set the same field/],
    [['vm', 'create', 'a', '--stopped', '--set', 'desired_phase=running'], /--stopped and desired_phase=running set/],
    [['vm', 'create', 'a', '--set', 'name=b'], /a and name=b set the same field/],
    [['vm', 'logs', 'a', '--tail', '-1'], /--tail/],
    [['apply'], /Name manifests with -f/],
    [['apply', '-f', '/nowhere.yaml'], /Cannot read \/nowhere.yaml/],
    [['apply', '-f', 'x', '--prune'], /--prune needs --owner/],
    [['completion', 'tcsh'], /bash, zsh, fish/],
    [
      ['status', 'extra'],
      /Unexpected argument 'extra': 'status' takes none \(usage\)\nNext: See 'holdfast status --help'/,
    ],
    [['explain', 'a', 'b'], /Unexpected argument 'b': 'explain' takes only <name>/],
    [['apply', 'web.yaml'], /Unexpected argument 'web.yaml': 'apply' takes none; files are named with -f/],
    [['get', 'vm', 'web-1'], /Unknown command 'get' \(Did you mean vm get\?\)/],
    [['get', 'tasks'], /Unknown command 'get' \(Did you mean task get\?\)/],
    [['-q', 'stop', 'web-1'], /Unknown command 'stop' \(Did you mean vm stop\?\)/],
    [['ls'], /Unknown command 'ls' \(Did you mean one of vm list, task list, node list\?\)/],
    [['vm', 'apply', '-f', 'web.yaml'], /Unknown command 'apply' \(Did you mean apply\?\)/],
  ] as const) {
    test(`a wrong command line is refused with exit code 2: ${argv.join(' ')}`, async () => {
      const run = await runCli({ server: 'http://127.0.0.1:1' }, ...argv);
      assert.equal(run.code, 2, run.stderr);
      assert.match(run.stderr, expected);
      assert.equal(run.stdout, '');
    });
  }

  test('a group without a command explains itself with exit code 2, the bare program too', async () => {
    const group = await runCli({}, 'vm');
    assert.equal(group.code, 2);
    assert.match(group.stderr, /Usage: holdfast vm/);
  });
});

test('help on a narrow terminal is broken at spaces, not within words', async () => {
  const { stdout } = await runCli({ terminal: 60 }, 'vm', 'set', '--help');
  const [explained = ''] = stdout.split('Examples:');
  assert.deepEqual(
    explained.split('\n').filter((line) => line.length > 60),
    [],
  );
});

test('global flags may stand before, between and behind the words of a command, short ones together', async () => {
  const answers: Answers = { 'GET /v1/vms': list(aVm()) };
  for (const argv of [
    ['-qo', 'name', 'vm', 'list'],
    ['vm', '-qo', 'name', 'list'],
    ['-qoname', 'vm', 'list'],
    ['vm', 'list', '-qo', 'name'],
  ]) {
    const run = await against(answers, {}, ...argv);
    assert.deepEqual([run.code, run.stdout], [0, 'vm/web-1\n'], argv.join(' '));
  }
});

describe('where the server is', () => {
  test('a token is taken without the line end it came with; what is none is no control plane that does not answer', async () => {
    await using api = await startFakeApi({ 'GET /v1/vms': list() });
    const run = (token: string) => runCli({ server: api.server, env: { HOLDFAST_TOKEN: token } }, 'vm', 'list');
    assert.equal((await run('hf_1\r\n')).code, 0);
    assert.equal(api.asked[0]?.headers.authorization, 'Bearer hf_1');
    const wrong = await run('hf_1\nhf_2');
    assert.deepEqual([wrong.code, wrong.stderr.includes('hf_')], [2, false], wrong.stderr);
  });

  test('what is no address of a server is refused before anything is asked', async () => {
    for (const server of ['ftp://host', 'http://host/?a=1', 'http://host/#a', 'http://']) {
      const run = await runCli({}, '--server', server, 'vm', 'list');
      assert.equal(run.code, 2, `${server}: ${run.stderr}`);
      assert.match(run.stderr, /The server is a URL such as http:/);
    }
  });

  test('the data directory of a local up says address and token, for its own server only', async () => {
    await using api = await startFakeApi({ 'GET /v1/vms': list() });
    const dir = mkdtempSync(join(scratch, 'up-'));
    writeFileSync(join(dir, 'server.address'), `${api.server}\n`);
    writeFileSync(join(dir, 'admin.token'), 'hf_local\n');
    const env = { HOLDFAST_TOKEN: '' };
    const found = await runCli({ env, dataDirs: [join(scratch, 'none'), dir] }, 'vm', 'list');
    assert.equal(found.code, 0, found.stderr);
    assert.equal(api.asked[0]?.headers.authorization, 'Bearer hf_local');
    await using other = await startFakeApi({ 'GET /v1/vms': list() });
    await runCli({ env, dataDirs: [dir] }, '--server', other.server, 'vm', 'list');
    assert.equal(other.asked[0]?.headers.authorization, undefined);
  });

  test('a HOLDFAST_DATA_DIR on which no control plane runs is said, and no other cluster is asked instead', async () => {
    await using api = await startFakeApi({ 'GET /v1/vms': list() });
    const other = mkdtempSync(join(scratch, 'other-'));
    writeFileSync(join(other, 'server.address'), `${api.server}\n`);
    const wrong = join(scratch, 'wrong');
    const env = { HOLDFAST_TOKEN: '', HOLDFAST_DATA_DIR: wrong };
    const run = await runCli({ env, dataDirs: [wrong, other] }, 'vm', 'list');
    assert.equal(run.code, 5);
    assert.match(run.stderr, new RegExp(`HOLDFAST_DATA_DIR ${wrong}.*server_unreachable`));
    assert.deepEqual(api.asked, []);
    const named = await runCli({ env, dataDirs: [wrong, other] }, '--server', api.server, 'vm', 'list');
    assert.equal(named.code, 0, named.stderr);
  });
});

test('backup prints what it made as -o asks', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'holdfast-backup-')), 'store.db');
  await using api = await startFakeApi({ 'GET /v1/backup': { text: 'bytes', type: 'application/vnd.sqlite3' } });
  try {
    const json = await runCli({ server: api.server }, 'backup', file, '-o', 'json');
    assert.deepEqual(JSON.parse(json.stdout), { file, bytes: 5, epoch: null, revision: null }, json.stderr);
    rmSync(file);
    assert.equal((await runCli({ server: api.server }, 'backup', file)).stdout, `${file}: 5 bytes\n`);
  } finally {
    rmSync(dirname(file), { recursive: true });
  }
});

test('help COMMAND is COMMAND --help, for a command of a group too, and a VM may be called help', async () => {
  for (const [words, command] of [
    [
      ['help', 'vm', 'get'],
      ['vm', 'get'],
    ],
    [
      ['vm', 'help', 'get'],
      ['vm', 'get'],
    ],
    [['help', 'status'], ['status']],
    [['help', 'vm'], ['vm']],
    [['vm', 'help'], ['vm']],
    [['help'], []],
    [
      ['-o', 'json', 'help', 'vm', 'get'],
      ['vm', 'get'],
    ],
    [
      ['vm', '--server', 'http://127.0.0.1:1', 'help', 'get'],
      ['vm', 'get'],
    ],
    [['-q', 'help'], []],
    [['help', '--no-color', 'status'], ['status']],
  ] as const) {
    const helped = await runCli({}, ...words);
    assert.equal(helped.code, 0, words.join(' '));
    assert.equal(helped.stdout, (await runCli({}, ...command, '--help')).stdout, words.join(' '));
  }
  const named = await against({ 'GET /v1/vms/help': { json: aVm({ name: 'help' }) } }, {}, 'vm', 'get', 'help');
  assert.match(named.stdout, /^help /, named.stderr);
});
