import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dropScratch } from './backup-routes.ts';

test('copies of the store that a killed control plane left in the middle of a backup go, and nothing else does', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-scratch-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const left = ['backup-0123456789abcdef.db', 'backup-0123456789abcdef.db.partial', 'restore-fedcba9876543210.db'];
  const kept = ['admin.token', 'backup-of-friday.db', 'backup.db', 'lock.db'];
  for (const name of [...left, ...kept]) writeFileSync(join(dir, name), '');
  assert.deepEqual(dropScratch(dir).toSorted(), left);
  assert.deepEqual(readdirSync(dir).toSorted(), kept);
});
