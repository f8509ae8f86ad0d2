/** The disk of the data directory is full: guests go on, what ends is started again, and all is well once there is room. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cannotRun, eventually, isRunning, startCluster } from './cluster.ts';

/** A disk of its own below the temporary directory; null where this user cannot mount one. */
function mountDisk(mib: number): { readonly dir: string; unmount(): void } | null {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-e2e-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', dir]).status === 0;
  if (!mounted) rmSync(dir, { recursive: true });
  const unmount = (): void => {
    spawnSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true });
  };
  return mounted ? { dir, unmount } : null;
}

/** Leaves not a byte. */
function fill(file: string): void {
  const descriptor = openSync(file, 'w');
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeSync(descriptor, block);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    closeSync(descriptor);
  }
}

test('on a full disk control plane and agent that are killed are tried again and say why, and come back when there is room', {
  skip: cannotRun(),
}, async (t) => {
  const disk = mountDisk(400);
  if (disk === null) return t.skip('no disk can be mounted');
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = disk.dir;
  try {
    await using cluster = await startCluster();
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await cluster.create('guest');
    const { uid } = await cluster.until('guest', 'it runs', isRunning, 60_000);
    const [hypervisor] = cluster.hypervisors(uid);
    const pids = { server: cluster.pidOf('server'), agent: cluster.pidOf('agent') };
    // What they say in their logs has room in the last page of these, and in what the pid files leave.
    fill(join(disk.dir, 'filler'));
    for (const role of ['server', 'agent'] as const) process.kill(pids[role], 'SIGKILL');
    for (const role of ['server', 'agent'] as const) {
      const log = join(cluster.dataDir, `${role}.log`);
      await eventually(`the ${role} says why it does not start`, () =>
        /: the disk is full \(store_full\)/.test(readFileSync(log, 'utf8')) ? true : undefined,
      );
      const file = join(cluster.dataDir, `${role}.pid`);
      assert.notEqual(existsSync(file) ? readFileSync(file, 'utf8').trim() : '', String(pids[role]), 'a dead one');
    }
    assert.deepEqual(cluster.hypervisors(uid), [hypervisor]);
    rmSync(join(disk.dir, 'filler'));
    await eventually('the control plane is back', () => cluster.get('guest').catch(() => undefined), 60_000);
    await cluster.until('guest', 'the node is back', isRunning, 60_000);
    assert.deepEqual(cluster.hypervisors(uid), [hypervisor]);
    await cluster.client.request('POST', '/v1/vms/guest/poweroff', { query: { wait: 60 } });
    assert.deepEqual(cluster.hypervisors(uid), []);
  } finally {
    disk.unmount();
  }
});
