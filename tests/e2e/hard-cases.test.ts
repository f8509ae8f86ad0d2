/** The hard cases of the specification on real QEMU. The same stories run in the simulator with faults. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { TaskDocument } from '../../src/client/documents.ts';
import { cannotRun, eventually, isRunning, startCluster, type TestCluster, type VmDocument } from './cluster.ts';
import { rawQmp } from './raw-qmp.ts';

const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const imageOf = (vm: VmDocument) => vm.status['image'] as { readonly sha256: string };

const deaf = 'console=ttyS0 quiet panic=5 no_timer_check holdfast.ignore_power_button';

describe('hard cases on real QEMU', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const running = (name: string) => cluster.until(name, `${name} runs and is in sync`, isRunning);
  const verb = (name: string, word: string, query = {}) =>
    cluster.client.request('POST', `/v1/vms/${name}/${word}`, { query });
  const remove = (name: string) => cluster.client.request('DELETE', `/v1/vms/${name}`, { query: { wait: 180 } });
  /** What became of a stop that is followed to its end. */
  const stopped = async (name: string) => {
    const { body } = await verb(name, 'stop', { wait: 180 });
    const { status, result } = body as unknown as TaskDocument;
    return [status, result?.ended];
  };
  /** The second monitor; by the process's own directory, since the full path is too long for a socket. */
  const monitorOf = (vm: VmDocument): string => `/proc/${cluster.hypervisor(vm.uid)}/cwd/s/debug`;

  test('start during a graceful stop waits for its end and starts a new incarnation', async () => {
    await cluster.create('restarted');
    const first = await running('restarted');
    await cluster.booted('restarted');
    await verb('restarted', 'stop');
    const { body } = await verb('restarted', 'start', { wait: 180 });
    assert.equal((body as { status: string }).status, 'success', JSON.stringify(body));
    const second = await running('restarted');
    assert.notEqual(second.status.incarnation?.id, first.status.incarnation?.id);
    assert.equal(cluster.hypervisors(second.uid).length, 1);
    await remove('restarted');
  });

  test('a stop that times out under fail stands as error; start repairs the record and keeps the guest (S23, S26)', async () => {
    await cluster.create('deaf', { cmdline: deaf, stop: { grace_seconds: 1, on_timeout: 'fail' } });
    const first = await running('deaf');
    await cluster.booted('deaf');
    const { body } = await verb('deaf', 'stop', { wait: 180 });
    const task = body as { status: string; error: { code: string } };
    assert.equal(task.status, 'failed');
    assert.equal(task.error.code, 'stop_timeout');
    const failed = await cluster.until('deaf', 'error', (vm) => vm.status.phase === 'error');
    assert.equal(failed.status.reason?.code, 'stop_timeout');
    assert.equal(cluster.hypervisors(failed.uid).length, 1);
    await verb('deaf', 'start', { wait: 180 });
    const repaired = await running('deaf');
    assert.equal(repaired.status.incarnation?.id, first.status.incarnation?.id);
    assert.equal(repaired.run, first.run);
    await verb('deaf', 'poweroff', { wait: 180 });
    assert.equal((await cluster.get('deaf')).status.phase, 'stopped');
    await remove('deaf');
  });

  test('a stop that times out under kill ends in stopped', async () => {
    await cluster.create('killed', { cmdline: deaf, stop: { grace_seconds: 1, on_timeout: 'kill' } });
    await running('killed');
    await cluster.booted('killed');
    assert.deepEqual(await stopped('killed'), ['success', 'killed_after_grace']);
    const off = await cluster.get('killed');
    assert.equal(off.status.phase, 'stopped');
    assert.deepEqual(cluster.hypervisors(off.uid), []);
    await remove('killed');
  });

  test('a stop that comes while the guest boots is heard once it has, and ends as a shutdown', async () => {
    await cluster.create('early', { stop: { grace_seconds: 170 } });
    await running('early');
    assert.deepEqual(await stopped('early'), ['success', 'shut_down']);
    await remove('early');
  });

  for (const policy of ['never', 'on_failure']) {
    test(`a guest that powers itself off stays off under ${policy}, and start brings it back (F5)`, async () => {
      const cmdline = 'console=ttyS0 quiet panic=5 no_timer_check holdfast.poweroff';
      await cluster.create('quits', { cmdline, restart_policy: policy });
      const off = await cluster.until('quits', 'stopped, converged by the guest power-off', (vm) => {
        const converged = vm.status.conditions.find(({ type }) => type === 'converged');
        return vm.status.phase === 'stopped' && converged?.status === 'true' && converged.code === 'guest_power_off';
      });
      assert.deepEqual(cluster.hypervisors(off.uid), []);
      await verb('quits', 'start');
      await cluster.until('quits', 'another run', (vm) => vm.status.incarnation?.run === off.run + 1);
      await remove('quits');
    });
  }

  test('a guest that powers itself off is started again under always (F5)', async () => {
    await cluster.create('always', {
      cmdline: 'console=ttyS0 quiet panic=5 no_timer_check holdfast.poweroff',
      restart_policy: 'always',
    });
    const first = await cluster.until('always', 'a first incarnation', (vm) => vm.status.incarnation !== null);
    await cluster.until('always', 'another incarnation', (vm) => {
      return vm.status.incarnation !== null && vm.status.incarnation.id !== first.status.incarnation?.id;
    });
    await remove('always');
  });

  test('pause, agent restart, resume: the pause survives, the incarnation too (F4)', async () => {
    await cluster.create('paused');
    const first = await running('paused');
    await verb('paused', 'pause');
    process.kill(cluster.pidOf('agent'), 'SIGKILL');
    await eventually('the node answers again', async () => {
      const resumed = await verb('paused', 'resume').catch((error: { code?: string }) => error.code);
      return typeof resumed === 'object' ? true : undefined;
    });
    const after = await running('paused');
    assert.equal(after.status.incarnation?.id, first.status.incarnation?.id);
    await remove('paused');
  });

  test('a reboot asked for while the agent is down is made up for by the next agent', async () => {
    await cluster.create('absent');
    const first = await running('absent');
    await cluster.booted('absent');
    const agent = cluster.pidOf('agent');
    // Stopped first: `up` starts another one as soon as it is dead.
    process.kill(agent, 'SIGSTOP');
    const { status } = await verb('absent', 'reboot');
    assert.equal(status, 202);
    assert.equal((await cluster.get('absent')).status.incarnation?.id, first.status.incarnation?.id);
    process.kill(agent, 'SIGKILL');
    const second = await cluster.until(
      'absent',
      'another run, in sync',
      (vm) => isRunning(vm) && vm.status.incarnation?.run === first.run + 1,
    );
    assert.notEqual(second.status.incarnation?.id, first.status.incarnation?.id);
    assert.equal(cluster.hypervisors(second.uid).length, 1);
    await remove('absent');
  });

  test('a pause behind our back is drift with an explanation, and corrected (S11)', async () => {
    await cluster.create('poked');
    const vm = await running('poked');
    await rawQmp(monitorOf(vm), 'stop');
    await eventually('the guest runs again', async () => {
      const status = (await rawQmp(monitorOf(vm), 'query-status')) as { status: string };
      return status.status === 'running' ? true : undefined;
    });
    assert.equal((await running('poked')).status.incarnation?.id, vm.status.incarnation?.id);
    await remove('poked');
  });

  test('a pause behind our back is only reported under drift_policy detect', async () => {
    await cluster.create('watched', { drift_policy: 'detect' });
    const vm = await running('watched');
    await rawQmp(monitorOf(vm), 'stop');
    const drifted = await cluster.until('watched', 'drift', (now) => now.status.drift.length > 0);
    assert.equal(drifted.status.drift[0]?.cause, 'out_of_band');
    assert.equal(drifted.status.phase, 'paused');
    const status = (await rawQmp(monitorOf(vm), 'query-status')) as { status: string };
    assert.equal(status.status, 'paused');
    await remove('watched');
  });

  test('a disk file removed under the running guest is drift that says what to do, and no reboot ends its process (S11)', async () => {
    await cluster.create('holed', { disks: [{ name: 'data', size_gib: 1 }], stop: { grace_seconds: 3 } });
    const vm = await running('holed');
    await cluster.booted('holed');
    const [pid] = cluster.hypervisors(vm.uid);
    const linked = `/proc/${pid}/cwd/../disk-data.qcow2`;
    linkSync(linked, `${linked}.kept`);
    rmSync(linked);
    const found = await cluster.until('holed', 'the loss is drift', ({ status }) => status.drift.length > 0);
    const [drift] = found.status.drift as readonly Record<string, unknown>[];
    assert.deepEqual(
      [drift?.['field'], drift?.['observed'], drift?.['cause'], drift?.['because'], drift?.['action']],
      ['disk_files', { data: 'gone' }, 'out_of_band', 'disk_file_lost', 'none'],
    );
    const { text } = await cluster.client.request('GET', '/v1/vms/holed/explain');
    assert.match(text, /disk \\?"data\\?" \(gone\).*copy the data out/);
    await verb('holed', 'reboot');
    await eventually('the node has seen the reboot', async () => {
      const { status, generation } = await cluster.get('holed');
      return (status['seen_generation'] as number) >= generation ? true : undefined;
    });
    assert.deepEqual(cluster.hypervisors(vm.uid), [pid], 'its process alone has what the disk holds');
    renameSync(`${linked}.kept`, linked);
    const after = await cluster.until('holed', 'restarted once the file is back', (now) => {
      return isRunning(now) && now.status.incarnation?.id !== vm.status.incarnation?.id;
    });
    assert.deepEqual(after.status.drift, []);
    await remove('holed');
  });

  test('a label-only patch bumps no generation and touches no process (S2)', async () => {
    await cluster.create('labelled');
    const vm = await running('labelled');
    const pids = cluster.hypervisors(vm.uid);
    await cluster.client.request('PATCH', '/v1/vms/labelled', { body: { labels: { tier: 'front' } } });
    const after = await cluster.get('labelled');
    assert.deepEqual(after['labels'], { tier: 'front' });
    assert.equal(after.generation, vm.generation);
    assert.equal(after.status.incarnation?.id, vm.status.incarnation?.id);
    assert.deepEqual(cluster.hypervisors(vm.uid), pids);
    await remove('labelled');
  });

  test('a mutable image URL whose bytes changed does not change the instance: its digest is fixed (§10)', async () => {
    const image = join(cluster.dataDir, 'images/mutable.raw');
    writeFileSync(image, Buffer.alloc(1024 * 1024, 1));
    await cluster.create('fixed', { image_url: pathToFileURL(image).href, image_format: 'raw' });
    const { sha256 } = imageOf(await running('fixed'));
    assert.equal(sha256, digestOf(image));
    writeFileSync(image, Buffer.alloc(1024 * 1024, 2));
    await verb('fixed', 'reboot', { wait: 180 });
    const again = await cluster.until(
      'fixed',
      'a second run',
      (vm) => isRunning(vm) && vm.status.incarnation?.run === 2,
    );
    assert.equal(imageOf(again).sha256, sha256);
    await cluster.create('later', { image_url: pathToFileURL(image).href, image_format: 'raw' });
    assert.equal(imageOf(await running('later')).sha256, digestOf(image));
    await remove('later');
    await remove('fixed');
  });

  test('an image is replaced only with consent that names the disk (§2 cost of a change)', async () => {
    const [a, b] = ['a', 'b'].map((name) => join(cluster.dataDir, `images/${name}.raw`));
    writeFileSync(a ?? '', Buffer.alloc(1024 * 1024, 3));
    writeFileSync(b ?? '', Buffer.alloc(1024 * 1024, 4));
    await cluster.create('rebuilt', { image_url: pathToFileURL(a ?? '').href, image_format: 'raw' });
    const vm = await running('rebuilt');
    const body = { image_url: pathToFileURL(b ?? '').href };
    const refused = await cluster.client
      .request('PATCH', '/v1/vms/rebuilt', { body })
      .catch((error: { code: string }) => error);
    assert.equal((refused as { code: string }).code, 'would_destroy_data');
    assert.equal((await cluster.get('rebuilt')).generation, vm.generation);
    await cluster.client.request('PATCH', '/v1/vms/rebuilt', {
      body,
      query: { allow_replace: true, on_restart: 'restart' },
    });
    const after = await running('rebuilt');
    assert.equal(after.uid, vm.uid);
    assert.notEqual(after.status.incarnation?.id, vm.status.incarnation?.id);
    await remove('rebuilt');
    rmSync(a ?? '', { force: true });
  });

  test('a second agent on the same data directory is refused and changes nothing', async () => {
    const agentDir = join(cluster.dataDir, 'agent');
    const args = [
      'agent',
      '--data-dir',
      agentDir,
      '--control',
      `unix:${join(cluster.dataDir, 'node.sock')}`,
      '--node',
      'other',
    ];
    const second = await cluster.cli(...args);
    assert.equal(second.code, 4);
    assert.match(second.stderr, /data_dir_in_use/);
  });
});
