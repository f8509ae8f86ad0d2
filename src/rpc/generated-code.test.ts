import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const GENERATED = join(import.meta.dirname, 'testing/generated/everything.ts');
const skip = spawnSync('capnp', ['--version']).status === 0 ? undefined : 'the capnp program is not installed';

suite('generated code', () => {
  test('what is committed matches its schemas', { skip }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/capnp-generate.cjs', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
  });

  test('its types are exact: no any, and bigint for 64 bits', () => {
    const code = readFileSync(GENERATED, 'utf8');
    assert.doesNotMatch(code, /\bany[,>;)\]]/);
    assert.match(code, /get id\(\): bigint/);
    assert.match(code, /get i64\(\): bigint/);
    assert.doesNotMatch(code, /capnp-es"/);
  });
});
