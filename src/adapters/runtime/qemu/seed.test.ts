import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testUid } from '../../../core/instance/testing/builders.ts';
import { renderSeed, seedInstanceId } from './seed.ts';

const ref = { uid: testUid, name: 'web-1' };
const cloudInit = {
  userData: `#cloud-config\n# ${'x'.repeat(5_000)}\n`,
  networkConfig: 'version: 2\n',
  sshAuthorizedKeys: ['ssh-ed25519 AAAA "me" \\ home'],
  hostname: null,
};

test('the instance-id is the uid and changes with every part of cloud_init and with nothing else', () => {
  const id = seedInstanceId(ref, cloudInit);
  assert.ok(id.startsWith(`${testUid}-`));
  assert.equal(seedInstanceId({ ...ref, name: 'other' }, { ...cloudInit }), id);
  const changes = [{ userData: 'a' }, { networkConfig: null }, { sshAuthorizedKeys: [] }, { hostname: 'web-1' }];
  const ids = changes.map((change) => seedInstanceId(ref, { ...cloudInit, ...change }));
  assert.equal(new Set([id, ...ids]).size, 5);
  assert.deepEqual(renderSeed(ref, cloudInit), renderSeed(ref, { ...cloudInit }), 'the same input, the same image');
});

const isMissing = spawnSync('isoinfo', ['--version']).error !== undefined && 'isoinfo is not installed';

test('the image is one that other tools read, by both name tables', { skip: isMissing }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-seed-'));
  try {
    const file = join(dir, 'seed.iso');
    writeFileSync(file, renderSeed(ref, cloudInit));
    const iso = (...args: readonly string[]): string => String(spawnSync('isoinfo', ['-i', file, ...args]).stdout);
    assert.match(iso('-d'), /^Volume id: cidata$/m);
    assert.deepEqual(iso('-J', '-f').trim().split('\n').sort(), ['/meta-data', '/network-config', '/user-data']);
    assert.equal(iso('-J', '-x', '/user-data'), cloudInit.userData);
    assert.equal(iso('-x', '/NETWORK-CONFIG.;1'), cloudInit.networkConfig);
    assert.match(
      iso('-J', '-x', '/meta-data'),
      /^local-hostname: web-1\npublic-keys:\n {2}- "ssh-ed25519 AAAA \\"me\\" \\\\ home"\n$/m,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
