import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTextFile } from './read-text.ts';

test('a file is read as the text it is; one that is missing, or no UTF-8, is refused by its name', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-text-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'user-data');
  writeFileSync(path, 'name: Jörg\n');
  assert.equal(readTextFile(path), 'name: Jörg\n');
  for (const bytes of [Buffer.from('name: Jörg\n', 'latin1'), Buffer.from([0x1f, 0x8b, 0x08, 0x00])]) {
    writeFileSync(path, bytes);
    assert.throws(() => readTextFile(path), {
      code: 'file_unreadable',
      message: `Cannot read ${path}: it is no text in UTF-8`,
    });
  }
  rmSync(path);
  for (const [other, why] of [
    [path, 'there is no such file'],
    [dir, 'it is a directory'],
    [`${import.meta.filename}/x`, 'a part of the path is no directory'],
  ] as const) {
    assert.throws(() => readTextFile(other), { code: 'file_unreadable', message: `Cannot read ${other}: ${why}` });
  }
});
