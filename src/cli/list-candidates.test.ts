import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { z } from 'zod';
import { fieldTexts } from '../wire/manifest/field-types.ts';
import { vmFields } from '../wire/manifest/vm-fields.ts';
import { globalOptionsOf } from './build-program.ts';
import { commandTable } from './command-table.ts';
import { listCandidates } from './list-candidates.ts';
import { against } from './testing/against.ts';
import { runCli } from './testing/run-cli.ts';
import { fieldFlags } from './vm-flags.ts';

async function candidates(...words: readonly string[]): Promise<readonly string[]> {
  const names = async (kind: string) => [
    { value: `${kind}-1`, text: '' },
    { value: `${kind}-2`, text: '' },
  ];
  const found = await listCandidates({ table: commandTable, globalOptionsOf, names }, words);
  return found.map(({ value }) => value);
}

test('commands, groups and the commands of a group are completed', async () => {
  assert.deepEqual(await candidates('st'), ['status']);
  assert.deepEqual(await candidates('vm', 're'), ['reboot', 'reset', 'resize', 'resume']);
  assert.deepEqual(await candidates('-o', 'json', 'task', ''), ['cancel', 'get', 'list']);
  assert.deepEqual(await candidates('-qo', 'json', 'task', ''), ['cancel', 'get', 'list']);
  assert.deepEqual(await candidates('-qo', 'json', 'vm', 'get', ''), ['vm-1', 'vm-2']);
  assert.ok(!(await candidates('')).includes('__complete'));
});

test('names of the server are completed where a name belongs, as often as there may be one', async () => {
  assert.deepEqual(await candidates('vm', 'get', ''), ['vm-1', 'vm-2']);
  assert.deepEqual(await candidates('vm', 'stop', '--wait', 'a', 'vm-2'), ['vm-2']);
  assert.deepEqual(await candidates('vm', 'stop', 'vm-2', ''), ['vm-1'], 'each of them once');
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

test('values of fields are completed by what a manifest may say, what is waited for by what may be waited for', async () => {
  assert.deepEqual(await candidates('vm', 'wait', 'a', '--for', 'p'), ['paused', 'pending', 'placed']);
  const offered = fieldFlags.filter(({ offers }) => offers !== undefined);
  const fields: Readonly<Record<string, z.ZodType>> = vmFields;
  for (const { field, offers } of offered) {
    const known = fieldTexts.get(fields[field] ?? vmFields.on_timeout);
    assert.deepEqual(known?.kind === 'choice' && known.values, offers, field);
  }
  assert.deepEqual(
    offered.map(({ name }) => name),
    ['image-format', 'firmware', 'machine', 'accel', 'restart-policy', 'drift-policy', 'on-stop-timeout'],
  );
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

/** A program that answers as the real one would, and what each shell makes of it. */
const asked = `printf '%s|' "$@" >>"$0.asked"; printf 'web-1\\trunning\\nweb-2\\tstopped\\n'`;
const completions = {
  bash: `source completion; COMP_WORDS=(holdfast vm get we); COMP_CWORD=3; _holdfast; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Only a line editor has the functions of the completion system; what is handed to them is what matters.
  zsh: `compdef() { :; }; _describe() { print -l -- "\${(@P)2}"; }; source ./completion; words=(holdfast vm get we); CURRENT=4; _holdfast`,
  fish: `source completion; complete -C 'holdfast vm get we'`,
} as const;
const described = {
  bash: ['web-1', 'web-2'],
  zsh: ['web-1:running', 'web-2:stopped'],
  fish: ['web-1\trunning', 'web-2\tstopped'],
};

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const program = ['/bin', '/usr/bin'].map((dir) => `${dir}/${shell}`).find((path) => existsSync(path));
  const skip = program === undefined ? `${shell} is not installed` : false;
  test(`${shell} accepts its completion script and completes with it`, { skip }, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'holdfast-completion-'));
    try {
      const { stdout } = await runCli({}, 'completion', shell);
      writeFileSync(join(dir, 'completion'), stdout);
      writeFileSync(join(dir, 'holdfast'), `#!/bin/sh\n${asked}\n`, { mode: 0o755 });
      const options = { cwd: dir, env: { ...process.env, HOME: dir, PATH: `${dir}:${process.env['PATH']}` } };
      execFileSync(program ?? shell, ['-n', 'completion'], options);
      const found = execFileSync(program ?? shell, ['-c', completions[shell]], { ...options, encoding: 'utf8' });
      assert.deepEqual(found.trimEnd().split('\n').toSorted(), described[shell]);
      assert.equal(readFileSync(join(dir, 'holdfast.asked'), 'utf8'), '__complete|--|vm|get|we|');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
}
