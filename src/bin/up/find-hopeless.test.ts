import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findLastFault } from './find-hopeless.ts';

test('a process that was killed before it said a word is not told as ended of what the one before it said', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-fault-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const before = '{"level":"info"}\nError: The address is taken (address_in_use)\n';
  const write = (text: string) => writeFileSync(join(dir, 'server.log'), text);
  write(before);
  assert.equal(findLastFault(dir, 'server', 0)?.code, 'address_in_use');
  assert.equal(findLastFault(dir, 'server', before.length), null);
  write(`${before}Error: It is damaged (store_corrupt)\n`);
  assert.equal(findLastFault(dir, 'server', before.length)?.code, 'store_corrupt');
  // It was cut meanwhile: all that is in it is new.
  write('Error: It is damaged (store_corrupt)\n');
  assert.equal(findLastFault(dir, 'server', before.length)?.code, 'store_corrupt');
});
