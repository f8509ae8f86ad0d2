/** Everything works for a user without privileges (spec §12): no root, no control group, no users of its own for guests. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { cannotRun, eventually, isRunning, root, startCluster } from './cluster.ts';
import { instanceFiles, pins } from './world.ts';

/** `nobody` of most systems; it owns nothing of ours. */
const nobody = 65_534;

/** Another user can be taken by root only, and must be able to read the checkout. */
function cannotBecomeNobody(): string | false {
  if (process.getuid?.() !== 0)
    return 'needs root, to become somebody else (run by an ordinary user, every other test shows it)';
  try {
    execFileSync('test', ['-x', root], { uid: nobody, gid: nobody });
    return false;
  } catch {
    return `an ordinary user may not read ${root}`;
  }
}

const cannot = cannotRun() || cannotBecomeNobody();

describe('run by an ordinary user', { skip: cannot }, () => {
  test('a VM boots, its process has no more rights than that user, survives the agent and leaves nothing', async () => {
    await using cluster = await startCluster([], {}, nobody);
    const { uid } = await cluster.create('plain', { cloud_init: { hostname: 'plain-guest' } });
    const running = await cluster.until('plain', 'it runs', isRunning);
    const pid = cluster.hypervisor(uid);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\t${nobody}\t${nobody}\t${nobody}`, 'm'));
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
    assert.match(await cluster.booted('plain'), /hostname=plain-guest/);

    process.kill(cluster.pidOf('agent'), 'SIGKILL');
    await eventually('the next agent pauses it', () =>
      cluster.client.request('POST', '/v1/vms/plain/pause', {}).catch(() => undefined),
    );
    assert.deepEqual(cluster.hypervisors(uid), [pid], 'the same process was adopted');
    await cluster.client.request('POST', '/v1/vms/plain/resume', {});

    process.kill(pid, 'SIGKILL');
    await cluster.until('plain', 'another incarnation runs', (vm) => {
      return isRunning(vm) && vm.status.incarnation?.id !== running.status.incarnation?.id;
    });

    await cluster.client.request('DELETE', '/v1/vms/plain', { query: { wait: 180 } });
    assert.deepEqual(cluster.hypervisors(), []);
    assert.deepEqual([...instanceFiles(cluster.dataDir), ...pins(cluster.dataDir)], []);
  });
});
