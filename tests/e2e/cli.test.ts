/** The command line as a user has it: the launcher against a real control plane, agent and QEMU. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cannotRun, imagesDir, sees, startCli, startCluster, type TestCluster } from './cluster.ts';

describe('the command line on real QEMU', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-e2e-cli-'));
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Runs a command that must succeed. */
  async function ok(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await cluster.cli(...words);
    assert.equal(code, 0, `${words.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  }

  test('create --wait ends when the VM runs and is in sync; get shows it in both views', async () => {
    const images = ['--kernel', join(imagesDir, 'vmlinuz'), '--initrd', join(imagesDir, 'initrd.gz')];
    const boot = [
      '--cmdline',
      'console=ttyS0 quiet panic=5 no_timer_check',
      '--no-nics',
      '--memory',
      '128',
      '--label',
      'app=web',
    ];
    assert.match(await ok('vm', 'create', 'web-1', ...images, ...boot, '--wait=3m'), /vm\/web-1 create: done/);
    const page = await ok('vm', 'get', 'web-1');
    assert.match(page, /^web-1 {2}running {2}in sync at generation 1\n/);
    assert.match(page, /memory_mib +128 +128/);
    assert.match(await ok('status'), /^100 % converged, 1 of 1 in sync/);
  });

  test('what get -o yaml prints applies again and changes nothing (spec §5)', async () => {
    const file = join(scratch, 'web.yaml');
    writeFileSync(file, await ok('vm', 'get', 'web-1', '-o', 'yaml'));
    assert.equal(await ok('diff', '-f', file), '');
    assert.match(await ok('apply', '-f', file), /vm\/web-1 unchanged/);
  });

  test('a console in a pipe runs a command in the guest', async () => {
    await cluster.booted('web-1');
    assert.ok(existsSync(join(cluster.dataDir, 'admin.token')));
    const env = { HOLDFAST_SERVER: cluster.client.server, HOLDFAST_DATA_DIR: cluster.dataDir };
    const console = startCli(['console', 'web-1', '--no-scrollback'], env);
    console.process.stdin.write('\necho sum-$((40+2))\n');
    await sees(console, 'sum-42');
    console.process.stdin.end();
    assert.equal(await console.ended, 0, console.stderr());
  });

  test('stop --wait ends with the guest off; wait and start follow it back', async () => {
    await ok('vm', 'stop', '-l', 'app=web', '--wait=3m');
    const { status } = await cluster.get('web-1');
    assert.equal(status.phase, 'stopped');
    await ok('vm', 'start', 'web-1');
    await ok('vm', 'wait', 'web-1', '--timeout', '3m');
    assert.equal((await cluster.get('web-1')).status.phase, 'running');
  });

  test('a backup of the running store restores what was deleted since', async () => {
    const backup = join(scratch, 'store.db');
    const { epoch } = (await cluster.client.request('GET', '/v1/status')).body as { epoch: number };
    await cluster.create('kept-1', { desired_phase: 'stopped' });
    await ok('backup', backup);
    assert.equal(statSync(backup).mode & 0o777, 0o600);
    await ok('vm', 'delete', 'kept-1', '--wait=3m');
    await ok('restore', backup, '--yes');
    const { epoch: restored } = (await cluster.client.request('GET', '/v1/status')).body as { epoch: number };
    assert.ok(restored > epoch, `${restored} is above ${epoch}`);
    assert.equal((await cluster.get('kept-1')).desired_phase, 'stopped');
    await ok('vm', 'wait', 'web-1', '--timeout', '3m');
  });

  test('offences name file and line, and the exit code is that of the error table', async () => {
    const file = join(scratch, 'bad.yaml');
    writeFileSync(file, 'name: bad-1\nmemory_mib: 12Q\nkernel: file:///srv/images/vmlinuz\n');
    const { code, stderr } = await cluster.cli('apply', '-f', file);
    assert.equal(code, 2);
    assert.match(stderr, /\$\.memory_mib .*bad\.yaml:2\)/);
    assert.equal((await cluster.cli('vm', 'get', 'bad-1')).code, 3);
  });

  test('delete --wait leaves no process', async () => {
    const { uid } = await cluster.get('web-1');
    await ok('vm', 'delete', 'web-1', '--wait=3m');
    assert.deepEqual(cluster.hypervisors(uid), []);
    assert.equal((await cluster.cli('vm', 'get', 'web-1')).code, 3);
  });
});
