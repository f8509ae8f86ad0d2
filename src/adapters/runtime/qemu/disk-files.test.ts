import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { LostFile } from '../../../core/instance/evidence.ts';
import { testUid } from '../../../core/instance/testing/builders.ts';
import { asIncarnationId } from '../../../core/kit/brand.ts';
import { findLostFiles } from './disk-files.ts';
import { createLayout, diskFile } from './layout.ts';

/** A process that has a disk's file open: this one. `nobody`: one that cannot be looked into. */
async function openDisk() {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-disks-'));
  const layout = createLayout(root);
  const path = layout.file(testUid, diskFile('data'));
  await mkdir(dirname(path));
  await writeFile(path, 'old');
  const handle = await open(path);
  const ref = { uid: testUid, name: 'web', incarnationId: asIncarnationId('0195a3c1-7a44-7c1e-9b1f-000000000001') };
  const session = { ref, openDisks: new Map<string, string>(), lostDisks: new Map<string, LostFile['how']>() };
  const facts = { disks: [{ name: 'data', sizeGib: 1 }], rootDiskBytes: null };
  const look = (pid: number) => findLostFiles({ layout }, session, { pid, startTime: 0, bootId: 'boot' }, facts);
  return {
    path,
    own: () => look(process.pid),
    nobody: () => look(2 ** 30),
    look,
    async [Symbol.asyncDispose]() {
      await handle.close();
      await rm(root, { recursive: true });
    },
  };
}

test('F2 a replaced disk file stays lost while the process cannot be looked into, and is well again when it is back', async () => {
  await using disk = await openDisk();
  assert.deepEqual(await disk.own(), []);
  await rename(disk.path, `${disk.path}.old`);
  assert.deepEqual(await disk.own(), [{ disk: 'data', how: 'gone' }]);
  await writeFile(disk.path, 'new');
  assert.deepEqual(await disk.own(), [{ disk: 'data', how: 'replaced' }]);
  assert.deepEqual(await disk.nobody(), [{ disk: 'data', how: 'replaced' }]);
  await rename(`${disk.path}.old`, disk.path);
  assert.deepEqual(await disk.own(), []);
});

test('F2 of a process that nobody could ever look into no disk file is taken for replaced', async () => {
  await using disk = await openDisk();
  assert.deepEqual(await disk.nobody(), []);
  await rename(disk.path, `${disk.path}.old`);
  assert.deepEqual(await disk.nobody(), [{ disk: 'data', how: 'gone' }]);
  await rename(`${disk.path}.old`, disk.path);
  assert.deepEqual(await disk.nobody(), []);
});

/** Says so once it has that many more open files; what it cannot open it does without. */
const manyFiles =
  'use POSIX; $| = 1; my $n = 0; while ($n < 9000 && defined POSIX::dup(0)) { $n++ } print "$n\\n"; sleep 1000';

test('F2 of a process with more open files than any hypervisor has nothing is concluded', async (t) => {
  const many = spawn('perl', ['-e', manyFiles], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => many.kill('SIGKILL'));
  const count = await new Promise<string>((resolve) => {
    many.once('error', () => resolve('perl is not installed'));
    many.stdout.once('data', (data) => resolve(String(data).trim()));
  });
  if (count !== '9000' || many.pid === undefined) return t.skip(`no process with 9000 open files: ${count}`);
  await using disk = await openDisk();
  assert.deepEqual(await disk.look(many.pid), []);
});
