import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { refuseDirOfAgent, refuseDirOfUp } from './agent-dir.ts';

const base = mkdtempSync(join(tmpdir(), 'holdfast-agent-dir-'));
after(() => rmSync(base, { recursive: true }));

/** A directory in which each of these has been. */
function aDataDir(name: string, ...was: readonly string[]): string {
  const dir = join(base, name);
  mkdirSync(dir);
  for (const store of was) {
    const file = join(dir, store);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
  }
  return dir;
}

const [ofServer, ofAgent] = ['store/store.db', 'journal/journal.db'];
const ofUp = [ofServer, `agent/${ofAgent}`];
const program = fileURLToPath(new URL('./holdfast.ts', import.meta.url));

function run(...argv: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  const env = { ...process.env, NO_COLOR: '1' };
  const { status, stderr } = spawnSync(process.execPath, [program, ...argv], {
    ...{ encoding: 'utf8', env, timeout: 60_000, killSignal: 'SIGKILL' },
  });
  return { status, stderr: stderr.replace(/\s+/g, ' ') };
}

test('an agent on the data directory of an up is refused, with the directory that its user means: it made a second one inside', () => {
  const dir = aDataDir('up', ...ofUp);
  const { status, stderr } = run('agent', '--control', 'unix:/x', '--data-dir', dir);
  assert.equal(status, 2, stderr);
  assert.match(stderr, /Cannot use the data directory .*: it is that of 'holdfast up', which has its agent in agent/);
  assert.ok(stderr.includes(`--data-dir ${join(dir, 'agent')}`), stderr);
  assert.deepEqual(readdirSync(dir), ['agent', 'store'], 'nothing was made');
});

test('an up on the data directory of an agent is refused, with the one above it where that is what its user means', () => {
  const dir = aDataDir('other', ...ofUp);
  const inside = join(dir, 'agent');
  for (const more of [['--no-demo'], ['--destroy', '--yes']]) {
    const { status, stderr } = run('up', '--listen', '127.0.0.1:0', '--data-dir', inside, ...more);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /it is that of an agent, and 'holdfast up' has its agent in agent below it/);
    assert.match(stderr, new RegExp(`Name the one above it: --data-dir ${dir}( |$)`));
    assert.deepEqual(readdirSync(inside), ['journal']);
  }
});

test('every directory that was in use as it is named goes on being used', () => {
  const together = aDataDir('together', ofServer, ofAgent);
  const both = aDataDir('both', ...ofUp, ofAgent);
  const up = aDataDir('up-again', ...ofUp);
  for (const dir of [together, both, join(up, 'agent'), aDataDir('fresh'), join(base, 'none')]) {
    assert.doesNotThrow(() => refuseDirOfUp(dir), dir);
  }
  for (const dir of [up, both, aDataDir('server', ofServer), join(base, 'none')]) {
    assert.doesNotThrow(() => refuseDirOfAgent(dir), dir);
  }
  assert.throws(() => refuseDirOfAgent(together), { code: 'data_dir_unusable' });
});
