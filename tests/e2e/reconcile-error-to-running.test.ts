/**
 * The story of a VM that stood in error while its process lived: a graceful stop that the guest did not follow left the
 * record wrong, and start did nothing about it. Here start repairs the record, and starts nothing a second time.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cannotRun, isRunning, startCluster, type TestCluster } from './cluster.ts';

describe('from error back to running', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  test('stop is not followed, error is shown, start repairs the record of the live process (S23, S24, S26)', async () => {
    const name = 'story-1';
    await cluster.create(name, {
      cmdline: 'console=ttyS0 quiet panic=5 no_timer_check holdfast.ignore_power_button',
      stop: { grace_seconds: 1, on_timeout: 'fail' },
    });
    const first = await cluster.until(name, 'it runs', isRunning);
    const [pid] = cluster.hypervisors(first.uid);
    await cluster.booted(name);

    const stopped = await cluster.cli('vm', 'stop', name, '--wait=3m');
    assert.equal(stopped.code, 8, stopped.stdout + stopped.stderr);
    assert.match(stopped.stderr, /stop_timeout/);
    const failed = await cluster.until(name, 'error', ({ status }) => status.phase === 'error');
    assert.equal(failed.status.reason?.code, 'stop_timeout');
    assert.deepEqual(cluster.hypervisors(first.uid), [pid]);
    assert.match((await cluster.cli('vm', 'get', name)).stdout, /^story-1 {2}error/);

    const started = await cluster.cli('vm', 'start', name, '--wait=3m');
    assert.equal(started.code, 0, started.stdout + started.stderr);
    const repaired = await cluster.until(name, 'it runs again', isRunning);
    assert.equal(repaired.status.reason, undefined);
    assert.deepEqual(cluster.hypervisors(first.uid), [pid]);
    assert.equal(repaired.status.incarnation?.id, first.status.incarnation?.id);
    assert.equal(repaired.run, first.run);

    // S24: on a healthy one it is nothing at all.
    const again = await cluster.cli('vm', 'start', name, '--wait=3m');
    assert.equal(again.code, 0, again.stdout + again.stderr);
    const healthy = await cluster.get(name);
    assert.equal(healthy.generation, repaired.generation);
    assert.deepEqual(cluster.hypervisors(first.uid), [pid]);
    assert.match((await cluster.cli('history', name)).stdout, /stop_timeout/);
  });
});
