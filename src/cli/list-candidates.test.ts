import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { commandTable } from './command-table.ts';
import { listCandidates } from './list-candidates.ts';
import { globalOptions } from './program.ts';
import { against } from './testing/against.ts';
import { runCli } from './testing/run-cli.ts';

async function candidates(...words: readonly string[]): Promise<readonly string[]> {
  const names = async (kind: string) => [
    { value: `${kind}-1`, text: '' },
    { value: `${kind}-2`, text: '' },
  ];
  const found = await listCandidates({ table: commandTable, globalOptions, names }, words);
  return found.map(({ value }) => value);
}

test('commands, groups and the commands of a group are completed', async () => {
  assert.deepEqual(await candidates('st'), ['status']);
  assert.deepEqual(await candidates('vm', 're'), ['reboot', 'reset', 'resize', 'resume']);
  assert.deepEqual(await candidates('-o', 'json', 'task', ''), ['cancel', 'get', 'list']);
  assert.ok(!(await candidates('')).includes('__complete'));
});

test('names of the server are completed where a name belongs, as often as there may be one', async () => {
  assert.deepEqual(await candidates('vm', 'get', ''), ['vm-1', 'vm-2']);
  assert.deepEqual(await candidates('vm', 'stop', '--wait', 'a', 'vm-2'), ['vm-2']);
  assert.deepEqual(await candidates('vm', 'ls', ''), []);
  assert.deepEqual(await candidates('explain', 'a', ''), []);
  assert.deepEqual(await candidates('task', 'get', ''), ['task-1', 'task-2']);
});

test('flags, their choices and their values are completed, after a space and after =', async () => {
  assert.deepEqual(await candidates('vm', 'set', 'a', '--on-r'), ['--on-restart']);
  assert.deepEqual(await candidates('vm', 'set', 'a', '--on-restart', ''), ['defer', 'refuse', 'restart']);
  assert.deepEqual(await candidates('vm', 'set', 'a', '--on-restart=re'), [
    '--on-restart=refuse',
    '--on-restart=restart',
  ]);
  assert.deepEqual(await candidates('vm', 'get', '-o', 'j'), ['json']);
  assert.deepEqual(await candidates('vm', 'create', 'a', '--node', ''), ['node-1', 'node-2']);
  assert.deepEqual(await candidates('apply', '-f', ''), [':files']);
});

test('without a server there are no names and no error', async () => {
  const run = await runCli({ server: 'http://127.0.0.1:1' }, '__complete', '--', 'vm', 'get', '');
  assert.deepEqual([run.code, run.stdout, run.stderr], [0, '', '']);
});

test('names come from the server with their phase', async () => {
  const items = [{ name: 'web-1', status: { phase: 'running' } }];
  const run = await against({ 'GET /v1/vms': { json: { items } } }, {}, '__complete', '--', 'vm', 'get', 'w');
  assert.equal(run.stdout, 'web-1\trunning\n');
});

for (const shell of ['bash', 'zsh', 'fish']) {
  const program = ['/bin', '/usr/bin'].map((dir) => `${dir}/${shell}`).find((path) => existsSync(path));
  const skip = program === undefined ? `${shell} is not installed` : false;
  test(`the completion script of ${shell} is accepted by it`, { skip }, async () => {
    const { stdout } = await runCli({}, 'completion', shell);
    execFileSync(program ?? shell, ['-n'], { input: stdout, stdio: ['pipe', 'pipe', 'pipe'] });
  });
}

test('bash completes with the script', {
  skip: existsSync('/bin/bash') ? false : 'bash is not installed',
}, async () => {
  const { stdout } = await runCli({}, 'completion', 'bash');
  const script = `${stdout}
holdfast() { [ "$1 $2" = "__complete --" ] && printf 'web-1\\trunning\\nweb-2\\tstopped\\n'; }
COMP_WORDS=(holdfast vm get we); COMP_CWORD=3
_holdfast
printf '%s|' "\${COMPREPLY[@]}"`;
  assert.equal(execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8' }), 'web-1|web-2|');
});
