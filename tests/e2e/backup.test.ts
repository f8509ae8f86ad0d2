/** Backup, restore, and stores that are empty, damaged, foreign or of the future, beside VMs that run (spec §9). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cannotRun, eventually, imagesDir, isRunning, runCli, startCluster, type TestCluster } from './cluster.ts';

interface NodeItem {
  readonly name: string;
  readonly status: { readonly unassigned: readonly { readonly uid: string; readonly name: string }[] };
}

describe('stores that come and go beside running VMs', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-e2e-backup-'));
  const backup = join(scratch, 'store.db');
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  const upWords = () => ['up', '--data-dir', cluster.dataDir, '--listen', '127.0.0.1:0', '--no-demo'];
  const epoch = async (): Promise<number> => {
    const answer = await cluster.client.request('GET', '/v1/status').catch(() => undefined);
    return (answer?.body as { epoch?: number } | undefined)?.epoch ?? 0;
  };
  const unassigned = async (): Promise<readonly string[]> => {
    const { body } = await cluster.client.request('GET', '/v1/nodes');
    const { items } = body as unknown as { readonly items: readonly NodeItem[] };
    return items.flatMap(({ status }) => status.unassigned.map(({ uid }) => uid)).toSorted();
  };

  test('an older backup restored: what is newer runs on, unassigned; generations rise above what the node reports', async () => {
    await cluster.create('kept');
    const first = await cluster.until('kept', 'kept runs', isRunning);
    const made = await cluster.cli('backup', backup);
    assert.equal(made.code, 0, made.stderr);
    assert.equal(statSync(backup).mode & 0o777, 0o600);
    assert.notEqual((await cluster.cli('backup', backup)).code, 0, 'a backup is never written over');
    for (const grace of [11, 12, 13]) {
      await cluster.client.request('PATCH', '/v1/vms/kept', { body: { stop: { grace_seconds: grace } } });
    }
    await cluster.create('newer');
    const newer = await cluster.until('newer', 'newer runs', isRunning);
    const later = await cluster.until('kept', 'kept is in sync', isRunning);
    assert.equal(later.generation, first.generation + 3);
    const pids = cluster.hypervisors();
    assert.equal(pids.length, 2);

    const before = await epoch();
    const restored = await cluster.cli('restore', backup, '--yes');
    assert.equal(restored.code, 0, restored.stderr);
    await eventually('a new epoch', async () => ((await epoch()) > before ? true : undefined));
    await eventually('newer is reported as unassigned', async () =>
      (await unassigned()).includes(newer.uid) ? true : undefined,
    );
    const after = await cluster.until('kept', 'kept converges', isRunning);
    assert.ok(after.generation > later.generation, `${after.generation} is above ${later.generation}`);
    assert.deepEqual((after['stop'] as { grace_seconds: number }).grace_seconds, 60);
    assert.equal((await cluster.cli('vm', 'get', 'newer')).code, 3);
    assert.deepEqual(cluster.hypervisors(), pids);
    assert.match((await cluster.cli('status')).stdout, /Unassigned on node-1: newer \(running\)/);
    // A change after the restore reaches the node.
    await cluster.client.request('PATCH', '/v1/vms/kept', { body: { stop: { grace_seconds: 14 } } });
    await cluster.until('kept', 'the change is in sync', (vm) => isRunning(vm) && vm.generation > after.generation);
  });

  test('a file that is no sound backup is refused by the control plane that runs, which goes on as it was', async () => {
    const before = await epoch();
    const server = cluster.pidOf('server');
    const bad = join(scratch, 'bad.db');
    const sound = readFileSync(backup);
    for (const [code, bytes] of [
      ['store_foreign', Buffer.from('no database at all, but longer than the header of one '.repeat(4))],
      ['backup_damaged', Buffer.alloc(0)],
      ['backup_damaged', Buffer.concat([sound.subarray(0, 4096), Buffer.alloc(sound.length - 4096, 0xa5)])],
    ] as const) {
      writeFileSync(bad, bytes);
      const { code: exit, stderr } = await cluster.cli('restore', bad, '--yes');
      assert.equal(exit, 4, stderr);
      assert.match(stderr, new RegExp(`Cannot restore from this file[^]*\\(${code}\\)`));
    }
    assert.equal(await epoch(), before);
    assert.equal(cluster.pidOf('server'), server);
    assert.deepEqual(
      readdirSync(cluster.dataDir).filter((name) => name.startsWith('restore-')),
      [],
    );
  });

  test('beside a control plane that runs, restore --data-dir is refused; beside a stopped one it restores', async () => {
    const pids = cluster.hypervisors();
    const before = await epoch();
    const refused = await cluster.cli('restore', backup, '--data-dir', cluster.dataDir, '--yes');
    assert.equal(refused.code, 4, refused.stdout + refused.stderr);
    assert.match(refused.stderr, /data_dir_in_use/);
    await cluster.stop();
    const restored = await cluster.cli('restore', backup, '--data-dir', cluster.dataDir, '--yes');
    assert.equal(restored.code, 0, restored.stderr);
    await cluster.restart();
    assert.ok((await epoch()) > before);
    await cluster.until('kept', 'kept converges', isRunning);
    assert.deepEqual(cluster.hypervisors(), pids);
  });

  test('an empty store given to a node that runs VMs destroys nothing: it is of another cluster, and refused', async () => {
    const pids = cluster.hypervisors();
    await cluster.stop();
    renameSync(join(cluster.dataDir, 'store'), join(scratch, 'store-set-aside'));
    const { code, stderr } = await runCli([...upWords(), '--image-dir', imagesDir], {});
    assert.equal(code, 4, stderr);
    assert.match(stderr, /this node belongs to .*its VMs are left as they are[\s\S]*\(wrong_cluster\)/);
    assert.deepEqual(cluster.hypervisors(), pids);
    rmSync(join(cluster.dataDir, 'store'), { recursive: true });
    cpSync(join(scratch, 'store-set-aside'), join(cluster.dataDir, 'store'), { recursive: true });
    await cluster.restart();
    await cluster.until('kept', 'kept converges with its own store', isRunning);
    assert.deepEqual(cluster.hypervisors(), pids);
  });

  test('a foreign, damaged or newer store file is refused at once and left as it was', async () => {
    const pids = cluster.hypervisors();
    await cluster.stop();
    const store = join(cluster.dataDir, 'store');
    const file = join(store, 'store.db');
    rmSync(store, { recursive: true });
    cpSync(join(scratch, 'store-set-aside'), store, { recursive: true });
    for (const name of readdirSync(store).filter((name) => name !== 'store.db')) rmSync(join(store, name));
    const sound = readFileSync(file);
    const foreign = Buffer.from('SQLite format 3\0 is how it begins, and that is all');
    const damaged = Buffer.concat([sound.subarray(0, 4096), Buffer.alloc(sound.length - 4096, 0xa5)]);
    const newer = Buffer.from(sound);
    newer.writeUInt32BE(4711, 60);
    const cases: readonly (readonly [string, Buffer])[] = [
      ['store_foreign', foreign],
      ['store_corrupt', damaged],
      ['store_newer', newer],
      ['store_corrupt', Buffer.alloc(0)],
    ];
    for (const [code, bytes] of cases) {
      writeFileSync(file, bytes);
      const { code: exit, stdout, stderr } = await runCli(upWords(), {});
      assert.notEqual(exit, 0, code);
      assert.match(stderr, new RegExp(`\\(${code}\\)`), stdout + stderr);
      assert.equal(digest(readFileSync(file)), digest(bytes), `${code}: the file is as it was`);
      assert.deepEqual(
        readdirSync(store).filter((name) => name !== 'lock.db'),
        ['store.db'],
      );
    }
    assert.deepEqual(cluster.hypervisors(), pids);
  });
});

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
