/** The store is restored from before a root disk was replaced: what is on the disk since is not lost (spec §9, §10). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { cannotRun, eventually, isRunning, startCluster, type TestCluster } from './cluster.ts';

describe('a root disk that a restored store does not know', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-e2e-restored-'));
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  const anImage = (name: string, fill: number): string => {
    const file = join(cluster.dataDir, 'images', name);
    writeFileSync(file, Buffer.alloc(1024 * 1024, fill));
    return pathToFileURL(file).href;
  };
  const epoch = async (): Promise<number> => {
    const answer = await cluster.client.request('GET', '/v1/status').catch(() => undefined);
    return (answer?.body as { epoch?: number } | undefined)?.epoch ?? 0;
  };

  test('it is kept by a guest that runs and refused to a start, until its own image is named again', async () => {
    const [first, second] = [anImage('first.raw', 1), anImage('second.raw', 2)];
    await cluster.create('web', { image_url: first, image_format: 'raw', stop: { grace_seconds: 2 } });
    const { uid } = await cluster.until('web', 'it runs', isRunning);
    const backup = join(scratch, 'store.db');
    assert.equal((await cluster.cli('backup', backup)).code, 0);
    const consent = ['--allow-replace', '--on-restart', 'restart', '--wait=3m'];
    const replaced = await cluster.cli('vm', 'set', 'web', `image_url=${second}`, ...consent);
    assert.equal(replaced.code, 0, replaced.stderr);
    const root = () => statSync(join(cluster.dataDir, 'agent/instances', uid, 'root.qcow2')).ino;
    const [inode, pid] = [root(), cluster.hypervisor(uid)];

    const lost = await epoch();
    const restored = await cluster.cli('restore', backup, '--yes');
    assert.equal(restored.code, 0, restored.stderr);
    await eventually('a new epoch', async () => ((await epoch()) > lost ? true : undefined));
    await cluster.until('web', 'it is reported to run the second', ({ image_url, status }) => {
      const fields = status.drift.map(({ field }) => field);
      return image_url === first && fields.includes('image_url');
    });
    const kept = () =>
      cluster.until('web', 'error(volume_unavailable)', ({ status }) => status.reason?.code === 'volume_unavailable');
    await cluster.client.request('POST', '/v1/vms/web/reboot');
    await kept();
    assert.deepEqual(cluster.hypervisors(uid), [pid], 'the guest goes on');

    const off = await cluster.cli('vm', 'poweroff', 'web', '--wait=3m');
    assert.equal(off.code, 0, off.stderr);
    const started = await cluster.cli('vm', 'start', 'web', '--wait=10s');
    assert.notEqual(started.code, 0);
    await kept();
    const { stdout } = await cluster.cli('vm', 'get', 'web');
    const words = stdout.replace(/\s+/g, ' ');
    assert.match(words, /root disk was made from file:\S+second\.raw .* orders file:\S+first\.raw/);
    assert.match(words, /To boot the disk as it is, set image_url to file:\S+second\.raw/);
    assert.deepEqual(cluster.hypervisors(uid), []);
    assert.equal(root(), inode);

    const back = await cluster.cli('vm', 'set', 'web', `image_url=${second}`, '--allow-replace', '--wait=3m');
    assert.equal(back.code, 0, back.stderr);
    await cluster.until('web', 'it runs again', isRunning);
    assert.equal(root(), inode, 'from the same disk');
  });
});
