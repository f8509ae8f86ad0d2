import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentOfFlags } from './document-of-flags.ts';
import { optionValues } from './option-values.ts';

test('a number below its range is sent as the number it is, so that its range is what it is refused with', () => {
  assert.deepEqual(documentOfFlags(optionValues({ grace: '-1' })), { stop: { grace_seconds: -1 } });
  assert.deepEqual(documentOfFlags(optionValues({ cpu: '1.5' })), { cpu_cores: '1.5' });
});

test('a key that is none is refused as such, and not looked for as a file', () => {
  const keys = (key: string) => documentOfFlags(optionValues({ 'ssh-key': [key] }))['cloud_init'];
  assert.deepEqual(keys('ssh-ed25519 AAAA me'), { ssh_authorized_keys: ['ssh-ed25519 AAAA me'] });
  assert.throws(() => keys('AAAA me@host'), {
    code: 'usage',
    message: "--ssh-key is a public key, as ssh-ed25519 AAAA…, or a file with it; not 'AAAA me@host'",
  });
  assert.throws(() => keys('/nowhere/id.pub'), { message: 'Cannot read /nowhere/id.pub: there is no such file' });
});
