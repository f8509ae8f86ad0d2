/** The disk of the data directory is full: guests, reads and what is killed go on, and all is well once there is room. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { faultCode } from '../../src/core/kit/fault.ts';
import { documentLimits } from '../../src/wire/manifest/limits.ts';
import { mountSmallDisk, type SmallDisk } from '../full-disk/small-disk.ts';
import { cannotRun, eventually, isRunning, startCluster, type TestCluster } from './cluster.ts';

/** A cluster whose data directory is on that disk. */
async function clusterOn(disk: SmallDisk): Promise<TestCluster> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = disk.dir;
  try {
    return await startCluster();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

/** Changes until one finds no room: what the store has of its own takes some. Answers the code it is refused with. */
async function untilRefused(cluster: TestCluster): Promise<string> {
  let round = 0;
  return await eventually('a change is refused', async () => {
    round += 1;
    const note = String(round % 10).repeat(documentLimits.annotationLength);
    const annotations = Object.fromEntries(
      Array.from({ length: documentLimits.mapEntries }, (_, n) => [`n${n}`, note]),
    );
    try {
      await cluster.client.request('PATCH', '/v1/vms/guest', { body: { annotations } });
      return undefined;
    } catch (error) {
      return faultCode(error);
    }
  });
}

test('on a full disk control plane and agent that are killed come back: reads go on, changes are refused until there is room (spec §11)', {
  skip: cannotRun(),
}, async (t) => {
  const disk = mountSmallDisk(400);
  if (disk === null) return t.skip('no disk can be mounted');
  try {
    await using cluster = await clusterOn(disk);
    await cluster.create('guest');
    const { uid } = await cluster.until('guest', 'it runs', isRunning);
    const [hypervisor] = cluster.hypervisors(uid);
    disk.fill();
    for (const role of ['server', 'agent'] as const) process.kill(cluster.pidOf(role), 'SIGKILL');
    const read = await eventually('reads are answered', () => cluster.get('guest').catch(() => undefined));
    assert.equal(read.status.phase, 'running');
    assert.equal(await untilRefused(cluster), 'store_full');
    assert.deepEqual(cluster.hypervisors(uid), [hypervisor]);
    disk.makeRoom();
    await cluster.client.request('PATCH', '/v1/vms/guest', { body: { annotations: { n0: 'there is room' } } });
    assert.equal(cluster.said().match(/The server process ended/g)?.length, 1, 'the same control plane takes it');
    await cluster.until('guest', 'the node is back', isRunning);
    await cluster.client.request('POST', '/v1/vms/guest/poweroff', { query: { wait: 180 } });
    assert.deepEqual(cluster.hypervisors(uid), []);
  } finally {
    disk.unmount();
  }
});

test('up starts on a full disk: it says so, answers reads, and the node joins once there is room (spec §11)', {
  skip: cannotRun(),
}, async (t) => {
  const disk = mountSmallDisk(400);
  if (disk === null) return t.skip('no disk can be mounted');
  try {
    await using cluster = await clusterOn(disk);
    await cluster.create('guest');
    const { uid } = await cluster.until('guest', 'it runs', isRunning);
    const hypervisors = cluster.hypervisors(uid);
    await cluster.stop();
    disk.fill();
    await cluster.restart();
    assert.match(
      cluster.said(),
      /The disk of \S+ is full: reads are answered, changes are refused until there is room/,
    );
    assert.equal((await cluster.get('guest')).name, 'guest');
    assert.equal(await untilRefused(cluster), 'store_full');
    assert.doesNotMatch(cluster.said(), /process ended/);
    disk.makeRoom();
    const { client } = cluster;
    await eventually('the node joins', async () => {
      const { body } = await client.request('GET', '/v1/nodes');
      const { items } = body as unknown as {
        readonly items: readonly { readonly status: { readonly connected: boolean } }[];
      };
      const [node] = items;
      return node?.status.connected === true ? true : undefined;
    });
    await cluster.until('guest', 'it runs', isRunning);
    assert.deepEqual(cluster.hypervisors(uid), hypervisors);
    const pidFile = join(cluster.dataDir, 'agent.pid');
    await eventually('its number is written down', () => existsSync(pidFile) || undefined);
  } finally {
    disk.unmount();
  }
});
