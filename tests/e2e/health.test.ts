/** Health checks of a real guest: through its forwards, over HTTP and bare TCP, and what follows when they fail. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/kit/json.ts';
import { cannotRun, startCluster, type TestCluster, type VmDocument } from './cluster.ts';

/** A guest that refuses does so at once; one that is slow, on a busy machine, must not pass for ill twice in a row. */
const check = { interval_seconds: 5, timeout_seconds: 5, retries: 2 };

/** A guest with a web server and a shell server, each with its check. */
const served = (fields: JsonObject): JsonObject => ({
  nics: [{ name: 'eth0', forwards: [80, 22].map((guest_port) => ({ host_port: 0, guest_port })) }],
  cloud_init: {
    user_data: '#cloud-config\nruncmd:\n  - mkdir -p /www && echo well >/www/index.html && httpd -h /www\n',
  },
  health_checks: [
    { name: 'web', http: { port: 80 }, ...check },
    { name: 'shell', tcp: { port: 22 }, ...check },
  ],
  stop: { grace_seconds: 5 },
  ...fields,
});

const isHealthy = ({ status }: VmDocument): boolean =>
  status.conditions.some((condition) => condition.type === 'healthy' && condition.status === 'true');

describe('health checks of real guests', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  test('a guest whose web server dies is ended and started anew, and its history says why (health_check_failed)', async () => {
    const name = 'mended';
    await cluster.create(name, served({}));
    const first = await cluster.until(name, 'its checks pass', isHealthy);
    await cluster.inGuest(name, 'killall httpd');
    const again = await cluster.until(
      name,
      'another incarnation is healthy',
      (vm) => isHealthy(vm) && vm.status.incarnation?.id !== first.status.incarnation?.id,
    );
    assert.equal(again.run, first.run, 'restarted by policy, not by order');
    assert.equal(cluster.hypervisors(first.uid).length, 1);
    const history = (await cluster.cli('history', name)).stdout;
    assert.match(history, /health_check_failed/);
    assert.match(history, /Health check "web" failed 2 times in a row/);
  });

  test('under restart_policy never it runs on in error, until what refuses connections serves again', async () => {
    const name = 'told';
    await cluster.create(name, served({ restart_policy: 'never' }));
    const first = await cluster.until(name, 'its checks pass', isHealthy);
    const [pid] = cluster.hypervisors(first.uid);
    await cluster.inGuest(name, 'killall dropbear');
    const failed = await cluster.until(name, 'it is in error', ({ status }) => status.phase === 'error');
    assert.equal(failed.status.reason?.code, 'health_check_failed');
    assert.match(
      failed.status.reason?.message ?? '',
      /"shell" failed 2 times in a row: the guest refused the connection/,
    );
    assert.deepEqual(cluster.hypervisors(first.uid), [pid], 'the guest runs on');
    await cluster.inGuest(name, 'dropbear -R');
    await cluster.until(name, 'the error is gone', (vm) => vm.status.phase === 'running' && isHealthy(vm));
    assert.deepEqual(cluster.hypervisors(first.uid), [pid]);
  });
});
