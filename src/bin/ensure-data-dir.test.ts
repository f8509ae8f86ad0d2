import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureOwnDir } from './ensure-data-dir.ts';

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
