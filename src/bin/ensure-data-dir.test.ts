import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureDataDir, ensureOwnDir } from './ensure-data-dir.ts';

test('a data directory of somebody else is refused untouched: what root made in it would keep its owner out', {
  skip: process.geteuid?.() !== 0 && 'needs root, to make a directory of somebody else',
}, (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-owner-'));
  t.after(() => rmSync(dir, { recursive: true }));
  ensureDataDir(dir, 0o700);
  chownSync(dir, 65_534, 65_534);
  assert.throws(() => ensureDataDir(dir, 0o700), {
    code: 'data_dir_unusable',
    message: `Cannot use the data directory ${dir}: it is of user 65534, this is user 0`,
  });
});

test('a directory for sockets is made for its owner alone; one of somebody else is refused (spec §12)', (t) => {
  const base = mkdtempSync(join(tmpdir(), 'holdfast-own-'));
  t.after(() => rmSync(base, { recursive: true }));
  const own = join(base, 'own');
  ensureOwnDir(own);
  ensureOwnDir(own);
  assert.equal(statSync(own).mode & 0o777, 0o700);
  const link = join(base, 'link');
  symlinkSync(own, link);
  const open = join(base, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  for (const dir of [link, open]) assert.throws(() => ensureOwnDir(dir), { code: 'data_dir_unusable' }, dir);
});
