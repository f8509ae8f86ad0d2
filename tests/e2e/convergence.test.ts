/** The main job on real QEMU: declared, converged, kept so, through every kind of death. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cannotRun, eventually, isRunning, startCluster, type TestCluster } from './cluster.ts';

describe('a VM on real QEMU', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  test('is created, boots, and is in sync (S2b)', async () => {
    const created = await cluster.create('web-1');
    assert.equal(created.generation, 1);
    const vm = await cluster.until('web-1', 'web-1 runs and is in sync', isRunning);
    cluster.hypervisor(vm.uid);
    await cluster.booted('web-1');
  });

  test('is started again when its process is killed, and the reason stays readable (S11)', async () => {
    const vm = await cluster.get('web-1');
    const first = cluster.hypervisor(vm.uid);
    process.kill(first, 'SIGKILL');
    const again = await cluster.until('web-1', 'another incarnation runs', (now) => {
      return isRunning(now) && now.status.incarnation?.id !== vm.status.incarnation?.id;
    });
    assert.notEqual(cluster.hypervisor(again.uid), first);
    const { body } = await cluster.client.request('GET', '/v1/vms/web-1/history');
    assert.match(JSON.stringify(body), /hypervisor_exited/);
    await cluster.booted('web-1', 2);
  });

  test('keeps running when the agent is killed, and is adopted (F4)', async () => {
    const vm = await cluster.get('web-1');
    const pid = cluster.hypervisor(vm.uid);
    process.kill(cluster.pidOf('agent'), 'SIGKILL');
    await cluster.client.request('PATCH', '/v1/vms/web-1', { body: { stop: { grace_seconds: 30 } } });
    const after = await cluster.until('web-1', 'the new agent has realised a change', (now) => {
      return isRunning(now) && now.generation === vm.generation + 1;
    });
    assert.equal(cluster.hypervisor(after.uid), pid);
    assert.equal(after.status.incarnation?.id, vm.status.incarnation?.id);
  });

  test('keeps running when the control plane is killed; nothing acknowledged is lost', async () => {
    const vm = await cluster.get('web-1');
    const pid = cluster.hypervisor(vm.uid);
    await cluster.client.request('PATCH', '/v1/vms/web-1', { body: { labels: { kept: 'yes' } } });
    process.kill(cluster.pidOf('server'), 'SIGKILL');
    await eventually('the control plane answers again', async () => {
      const ready = await cluster.client.request('GET', '/readyz').catch(() => undefined);
      return ready?.status === 200 ? true : undefined;
    });
    const after = await cluster.until('web-1', 'web-1 runs', isRunning);
    assert.deepEqual(after['labels'], { kept: 'yes' });
    assert.equal(cluster.hypervisor(after.uid), pid);
  });

  test('converges again when process, agent and control plane are killed together', async () => {
    const vm = await cluster.get('web-1');
    for (const pid of [cluster.pidOf('server'), cluster.pidOf('agent'), cluster.hypervisor(vm.uid)])
      process.kill(pid, 'SIGKILL');
    await eventually('the control plane answers again', async () => {
      const ready = await cluster.client.request('GET', '/readyz').catch(() => undefined);
      return ready?.status === 200 ? true : undefined;
    });
    const after = await cluster.until('web-1', 'another incarnation runs', (now) => {
      return isRunning(now) && now.status.incarnation?.id !== vm.status.incarnation?.id;
    });
    cluster.hypervisor(after.uid);
  });

  test('survives a restart of everything and is adopted by it (F4)', async () => {
    const vm = await cluster.get('web-1');
    const pid = cluster.hypervisor(vm.uid);
    await cluster.restart();
    const after = await cluster.until('web-1', 'web-1 runs', isRunning);
    assert.equal(cluster.hypervisor(after.uid), pid);
    assert.equal(after.status.incarnation?.id, vm.status.incarnation?.id);
  });

  test('is paused and resumed by one call each, readable at once (§4 synchronous)', async () => {
    const paused = await cluster.client.request('POST', '/v1/vms/web-1/pause');
    assert.equal(paused.status, 200);
    assert.equal((await cluster.get('web-1')).status.phase, 'paused');
    const resumed = await cluster.client.request('POST', '/v1/vms/web-1/resume');
    assert.equal(resumed.status, 200);
    assert.equal((await cluster.get('web-1')).status.phase, 'running');
  });

  test('powers off by its own ACPI button and starts again', async () => {
    await cluster.booted('web-1', 3);
    const { body } = await cluster.client.request('POST', '/v1/vms/web-1/stop', { query: { wait: 180 } });
    assert.equal((body as { status?: string }).status, 'success', JSON.stringify(body));
    const off = await cluster.get('web-1');
    assert.equal(off.status.phase, 'stopped');
    assert.deepEqual(cluster.hypervisors(off.uid), []);
    await cluster.client.request('POST', '/v1/vms/web-1/start', { query: { wait: 180 } });
    const on = await cluster.until('web-1', 'web-1 runs', isRunning);
    assert.equal(on.run, off.run + 1);
  });

  test('leaves no process, socket or file when it is deleted', async () => {
    const vm = await cluster.get('web-1');
    await cluster.client.request('DELETE', '/v1/vms/web-1', { query: { wait: 180 } });
    await eventually('web-1 is gone', async () => {
      const answer = await cluster.client
        .request('GET', '/v1/vms/web-1')
        .catch((error: { code?: string }) => error.code);
      return answer === 'not_found' ? true : undefined;
    });
    assert.deepEqual(cluster.hypervisors(vm.uid), []);
    const gone = (await cluster.client.request('GET', `/v1/vms/uid:${vm.uid}`)).body as { status: { phase: string } };
    assert.equal(gone.status.phase, 'gone');
  });
});
