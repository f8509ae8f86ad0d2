import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeWhole } from '../cli/write-whole.ts';
import { faultCode } from '../core/kit/fault.ts';
import { asOrdinaryUser, cannotDropRoot } from '../ports/testing/as-ordinary-user.ts';

async function* aBackup(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('whole');
}

test('a backup into a directory that may be written to but not read is made, and said to be made', {
  skip: cannotDropRoot(),
}, async (t) => {
  const { signal } = new AbortController();
  const dir = await asOrdinaryUser(async () => mkdtempSync(join(tmpdir(), 'holdfast-backup-')));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const [box, closed] = [join(dir, 'box'), join(dir, 'closed')];
  const written = await asOrdinaryUser(async () => {
    mkdirSync(box);
    mkdirSync(closed);
    chmodSync(box, 0o300);
    chmodSync(closed, 0o500);
    assert.equal(await readdir(box).catch((error) => error.code), 'EACCES', 'nothing in it can be listed');
    return await writeWhole(join(box, 'store.db'), aBackup(), { id: 'id', signal });
  });
  assert.equal(written, 'whole'.length);
  chmodSync(box, 0o700);
  assert.deepEqual(await readdir(box), ['store.db']);
  assert.equal(readFileSync(join(box, 'store.db'), 'utf8'), 'whole');
  await asOrdinaryUser(() =>
    assert.rejects(writeWhole(join(closed, 'store.db'), aBackup(), { id: 'id', signal }), (error) => {
      return faultCode(error) === 'backup_failed' && /you may not write to/.test(String(error));
    }),
  );
});
