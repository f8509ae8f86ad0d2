import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { replaceFile } from './replace-file.ts';

test('a full disk leaves a file as it was, and nothing beside it; with room it is replaced', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-replace-'));
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]).status !== 0) {
      return t.skip('no disk can be mounted');
    }
    const file = join(dir, 'admin.token');
    replaceFile(file, 'first\n', 0o600);
    const filler = join(dir, 'filler');
    assert.throws(() => writeFileSync(filler, Buffer.alloc(128 * 1024)), { code: 'ENOSPC' });
    assert.throws(() => replaceFile(file, 'second\n', 0o600), {
      code: 'store_full',
      message: `Cannot write admin.token in ${dir}: the disk is full`,
    });
    assert.equal(readFileSync(file, 'utf8'), 'first\n');
    assert.deepEqual(readdirSync(dir).toSorted(), ['admin.token', 'filler']);
    rmSync(filler);
    replaceFile(file, 'second\n', 0o600);
    assert.equal(readFileSync(file, 'utf8'), 'second\n');
    assert.equal(statSync(file).mode & 0o777, 0o600);
  } finally {
    spawnSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true });
  }
});
