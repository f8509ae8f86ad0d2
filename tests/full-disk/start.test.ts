import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from '../../src/adapters/host/create-host.ts';
import { faultCode } from '../../src/core/kit/fault.ts';
import { mountSmallDisk } from './small-disk.ts';

test('a process that is started on a full disk is told as that, not as one that was started before', async (t) => {
  const disk = mountSmallDisk(1);
  if (disk === null) return t.skip('no disk can be mounted');
  t.after(disk.unmount);
  const host = createHost();
  const start = (name: string) => {
    const dir = join(disk.dir, name);
    mkdirSync(dir);
    const stderrFile = join(dir, 'stderr.log');
    const request = {
      dir,
      lockFile: join(disk.dir, 'lock'),
      argv: ['sleep', '1000'],
      stdoutFile: stderrFile,
      stderrFile,
    };
    return host.startProcess({ ...request, user: null, cgroup: null }, AbortSignal.timeout(60_000));
  };
  disk.fill();
  await assert.rejects(start('first'), (error) => faultCode(error) === 'pool_full');
  disk.makeRoom();
  const proof = await start('second');
  assert.deepEqual(await host.proveProcess(proof), { life: 'alive' });
  await host.killProcess(proof, 'SIGKILL');
});
