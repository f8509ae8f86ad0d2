/** F2 on a real process: a hypervisor that is stopped (SIGSTOP) is alive and says nothing. Nothing is concluded from that. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cannotRun, eventually, isRunning, startCluster, type TestCluster, type VmDocument } from './cluster.ts';

/** What a verb may take beside the 5 s it waits for a monitor: HTTP, the way to the node and back, a busy machine. */
const verbWithinMs = 5_000 + 10_000;

describe('a hypervisor that is alive and silent', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startCluster();
    await cluster.create('mute');
    await cluster.until('mute', 'it runs', isRunning);
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const conditionOf = (vm: VmDocument) => vm.status.conditions.find(({ type }) => type === 'responsive');
  const stopProcess = async (): Promise<number> => {
    const pid = cluster.hypervisor((await cluster.get('mute')).uid);
    process.kill(pid, 'SIGSTOP');
    return pid;
  };

  test('after 10 s it is not responsive, and nothing else is said or done about it (F2)', async () => {
    const before = await cluster.get('mute');
    const pid = await stopProcess();
    const silentFrom = performance.now();
    const silent = await cluster.until('mute', 'not responsive', (vm) => conditionOf(vm) !== undefined);
    assert.ok(performance.now() - silentFrom >= 10_000, 'not before 10 s');
    assert.deepEqual([conditionOf(silent)?.status, conditionOf(silent)?.code], ['false', 'monitor_silent']);
    assert.equal(silent.status.phase, 'running');
    assert.deepEqual(silent.status.incarnation, before.status.incarnation);
    assert.deepEqual(cluster.hypervisors(silent.uid), [pid]);
    const { stdout } = await cluster.cli('events', '--vm', 'mute', '-o', 'json');
    assert.match(stdout, /monitor_silent/);
  });

  test('no verb waits longer than 5 s for its monitor (F2)', async () => {
    for (const verb of ['pause', 'reset']) {
      const askedAt = performance.now();
      const answer = await cluster.client.request('POST', `/v1/vms/mute/${verb}`, {}).then(
        () => 'done',
        (error: { readonly code?: string }) => error.code,
      );
      const tookMs = performance.now() - askedAt;
      assert.ok(tookMs < verbWithinMs, `${verb} took ${tookMs} ms: ${answer}`);
      assert.ok(answer === 'outcome_unknown' || answer === 'monitor_silent', `${verb}: ${answer}`);
    }
  });

  test('when it speaks again it is well again, and what was ordered meanwhile is done', async () => {
    const vm = await cluster.get('mute');
    const pid = cluster.hypervisor(vm.uid);
    process.kill(pid, 'SIGCONT');
    const paused = await cluster.until(
      'mute',
      'the pause is true',
      ({ status }) => status.phase === 'paused' && status.drift.length === 0,
    );
    assert.equal(conditionOf(paused), undefined);
    await cluster.client.request('POST', '/v1/vms/mute/resume', {});
    await cluster.until('mute', 'it runs', isRunning);
    assert.deepEqual(cluster.hypervisors(vm.uid), [pid]);
  });

  test('poweroff and delete end it by its proven process (F2)', async () => {
    const first = await stopProcess();
    await cluster.client.request('POST', '/v1/vms/mute/poweroff', { query: { wait: 180 } });
    const stopped = await cluster.until('mute', 'stopped', ({ status }) => status.phase === 'stopped');
    assert.deepEqual(cluster.hypervisors(stopped.uid), []);
    await cluster.client.request('POST', '/v1/vms/mute/start', { query: { wait: 180 } });
    await cluster.until('mute', 'it runs', isRunning);
    const second = await stopProcess();
    assert.notEqual(second, first);
    await cluster.client.request('DELETE', '/v1/vms/mute', { query: { wait: 180 } });
    await eventually('its process is gone', () => (cluster.hypervisors(stopped.uid).length === 0 ? true : undefined));
  });
});
