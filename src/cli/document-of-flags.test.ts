import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { documentOfFlags } from './document-of-flags.ts';
import { optionValues } from './option-values.ts';

test('a number below its range is sent as the number it is, so that its range is what it is refused with', () => {
  assert.deepEqual(documentOfFlags(optionValues({ grace: '-1' })), { stop: { grace_seconds: -1 } });
  assert.deepEqual(documentOfFlags(optionValues({ cpu: '1.5' })), { cpu_cores: '1.5' });
});

test('a key is given as it is or by its file; one that is neither is refused as such, not as a file that is missing', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast my keys-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'id.pub'), 'ssh-ed25519 BBBB me\n');
  const keys = (key: string) => documentOfFlags(optionValues({ 'ssh-key': [key] }))['cloud_init'];
  assert.deepEqual(keys('ssh-ed25519 AAAA me'), { ssh_authorized_keys: ['ssh-ed25519 AAAA me'] });
  assert.deepEqual(keys(join(dir, 'id.pub')), { ssh_authorized_keys: ['ssh-ed25519 BBBB me'] });
  assert.throws(() => keys('AAAA me@host'), {
    code: 'usage',
    message: "--ssh-key is a public key, as ssh-ed25519 AAAA…, or a file with it; not 'AAAA me@host'",
  });
  assert.throws(() => keys('/nowhere/id.pub'), { message: 'Cannot read /nowhere/id.pub: there is no such file' });
});
