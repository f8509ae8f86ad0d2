/**
 * What an instance is made of is on disk before anything rests on it, against a loss of power: a disk, note or image that has
 * its name has its content too, and keeps its name (spec §10). The page cache survives every kill, so the system calls are read.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { judgeNames } from './name-trace.ts';

const child = fileURLToPath(new URL('./durable-child.ts', import.meta.url));

function whyNot(): string | false {
  if (spawnSync('qemu-img', ['--version']).error !== undefined) return 'qemu-img is not installed';
  const probe = spawnSync('strace', ['-f', '-e', 'trace=fsync', 'true'], { stdio: 'ignore' });
  if (probe.error !== undefined) return 'strace is not installed';
  return probe.status === 0 ? false : 'strace may not trace here';
}

describe('files of instances and images, seen by strace', { skip: whyNot() }, () => {
  test('every name that is made stands for content that was synced, in a directory that was synced after it', () => {
    const dir = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-names-')));
    const trace = join(dir, 'trace');
    const calls = 'trace=fsync,fdatasync,openat,rename,renameat,renameat2,link,linkat,mkdir,mkdirat';
    execFileSync('strace', ['-f', '-y', '-s', '4096', '-o', trace, '-e', calls, process.execPath, child, dir]);
    const text = readFileSync(trace, 'utf8');
    rmSync(dir, { recursive: true });
    const instance = judgeNames(text, join(dir, 'instances'));
    assert.deepEqual(instance.problems, []);
    assert.ok(instance.names >= 9, `${instance.names} names: directory, note, disks, seed, variables, links`);
    for (const part of ['sha256', 'pins']) {
      const { names, problems } = judgeNames(text, join(dir, 'cache', part));
      assert.deepEqual(problems, []);
      assert.ok(names >= 3, `${names} names in ${part}`);
    }
  });
});

describe('judgeNames()', () => {
  const sync = (path: string): string => `7 fsync(17<${path}>) = 0`;
  const rename = '8 rename("/d/a.new", "/d/a") = 0';
  const problems = (...lines: readonly string[]): number => judgeNames(lines.join('\n'), '/d').problems.length;

  test('accepts content, name, directory', () => {
    assert.equal(problems(sync('/d/a.new'), rename, sync('/d')), 0);
    assert.equal(
      problems(
        sync('/d/a.new'),
        '8 rename("/d/a.new", "/d/a" <unfinished ...>',
        '8 <... rename resumed>) = 0',
        sync('/d'),
      ),
      0,
    );
  });

  test('finds content that is synced too late, a directory that is synced too early, and a sync that failed', () => {
    assert.equal(problems(rename, sync('/d/a.new'), sync('/d')), 1);
    assert.equal(problems(sync('/d/a.new'), sync('/d'), rename), 1);
    assert.equal(problems('7 fsync(17</d/a.new>) = -1 EIO (Input/output error)', rename, sync('/d')), 1);
    assert.equal(
      problems(sync('/d/a.new'), '7 fsync(17</d> <unfinished ...>', rename, '7 <... fsync resumed>) = 0'),
      1,
    );
  });
});
