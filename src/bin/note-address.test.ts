import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../control/testing/test-plane.ts';
import { noteAddress } from './note-address.ts';
import { withdrawFile } from './replace-file.ts';

const never = new AbortController().signal;
const address = 'http://127.0.0.1:7070';

/** A disk of 64 KiB, and what fills it; null where none can be mounted. */
function aDisk(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-address-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]).status === 0;
  t.after(() => {
    if (mounted) spawnSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true });
  });
  const filler = join(dir, 'filler');
  const fill = () => assert.throws(() => writeFileSync(filler, Buffer.alloc(128 * 1024)), { code: 'ENOSPC' });
  return mounted ? { file: join(dir, 'server.address'), fill, empty: () => rmSync(filler) } : null;
}

test('an address for which a full disk has no room is written once there is some', async (t) => {
  const disk = aDisk(t);
  if (disk === null) return t.skip('no disk can be mounted');
  const { file } = disk;
  let waits = 0;
  const sleep = async (): Promise<void> => {
    assert.ok(!existsSync(file));
    waits += 1;
    if (waits === 2) disk.empty();
  };
  disk.fill();
  await noteAddress({ clock: { sleep }, log: silentLog }, { file, address }, never);
  assert.equal(waits, 2);
  assert.equal(readFileSync(file, 'utf8'), `${address}\n`);
});

test('an address that was withdrawn leaves room for the next one on a full disk', async (t) => {
  const disk = aDisk(t);
  if (disk === null) return t.skip('no disk can be mounted');
  const { file } = disk;
  const deps = { clock: { sleep: () => assert.fail('there is room') }, log: silentLog };
  await noteAddress(deps, { file, address: 'http://127.0.0.1:1' }, never);
  withdrawFile(file);
  assert.ok(!existsSync(file), 'nobody answers there any more');
  disk.fill();
  await noteAddress(deps, { file, address }, never);
  assert.equal(readFileSync(file, 'utf8'), `${address}\n`);
});
