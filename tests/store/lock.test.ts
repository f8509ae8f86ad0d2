/** One process per data directory, and the trap that makes the lock a file of its own. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockDataDir, lockFileName } from '../../src/adapters/store/data-dir-lock.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';

const child = fileURLToPath(new URL('./load-child.ts', import.meta.url));
const lockModule = new URL('../../src/adapters/store/data-dir-lock.ts', import.meta.url).href;

function aDirectory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-lock-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** Tries to take the directory from a process of its own: "taken" or the code of the fault. */
function tryFromElsewhere(dir: string): string {
  const script = `
    const { lockDataDir } = await import(${JSON.stringify(lockModule)});
    try { lockDataDir(${JSON.stringify(dir)}); console.log('taken'); } catch (error) { console.log(error.code); }
  `;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }).trim();
}

describe('the lock of a data directory', () => {
  it('is closed to others, also one made before: whoever may read it could lock its owner out (spec §12)', (t) => {
    const dir = aDirectory(t);
    const file = join(dir, lockFileName);
    lockDataDir(dir).release();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    chmodSync(file, 0o644);
    const lock = lockDataDir(dir);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.throws(() => lockDataDir(dir), { code: 'data_dir_in_use' });
    assert.equal(tryFromElsewhere(dir), 'data_dir_in_use', 'and the lock is held');
    lock.release();
  });

  it('is refused with the process that holds it, so that a user knows what to end', (t) => {
    const dir = aDirectory(t);
    const lock = lockDataDir(dir);
    t.after(() => lock.release());
    const script = `
      const { lockDataDir } = await import(${JSON.stringify(lockModule)});
      try { lockDataDir(${JSON.stringify(dir)}); } catch (error) { console.log(error.message); }
    `;
    const args = ['--input-type=module', '--eval', script];
    const said = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
    assert.equal(said, `Cannot take the data directory ${dir}: process ${process.pid} holds its lock`);
  });

  for (const writer of ['worker', 'same_thread'] as const) {
    it(`lets one store in, in this process and in others, until it is closed (${writer})`, async (t) => {
      const dir = aDirectory(t);
      const file = join(dir, 'store.db');
      const store = await openSqliteStore({ file, writer });
      await assert.rejects(openSqliteStore({ file, writer }), { code: 'data_dir_in_use' });
      const other = { file: join(dir, 'other.db'), writer };
      await assert.rejects(openSqliteStore(other), { code: 'data_dir_in_use' });
      assert.equal(tryFromElsewhere(dir), 'data_dir_in_use');
      await store.commit({ put: [{ key: 'still', value: 'mine' }] });
      await store.close();
      assert.equal(tryFromElsewhere(dir), 'taken');
      await (await openSqliteStore({ file, writer })).close();
    });
  }

  it('survives a plain read of the database by its holder', async (t) => {
    const dir = aDirectory(t);
    const file = join(dir, 'store.db');
    const store = await openSqliteStore({ file, writer: 'same_thread' });
    readFileSync(file);
    assert.equal(tryFromElsewhere(dir), 'data_dir_in_use');
    await store.close();
  });

  it('would not survive a plain read of its own file, which is why nothing else opens it', (t) => {
    const dir = aDirectory(t);
    const lock = lockDataDir(dir);
    assert.equal(tryFromElsewhere(dir), 'data_dir_in_use');
    readFileSync(join(dir, lockFileName));
    assert.equal(tryFromElsewhere(dir), 'taken');
    lock.release();
  });

  it('is free at once when its holder was killed', async (t) => {
    const dir = aDirectory(t);
    const file = join(dir, 'store.db');
    const holder = spawn(process.execPath, [child, file, 'worker', 'FULL', '1', '0'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(holder, 'exit');
    holder.stdin.write('go\n');
    await once(holder.stdout, 'data');
    await assert.rejects(openSqliteStore({ file, writer: 'worker' }), { code: 'data_dir_in_use' });
    holder.kill('SIGKILL');
    await exited;
    const store = await openSqliteStore({ file, writer: 'worker' });
    await store.close();
  });
});
