/** Twenty VMs at once on one machine, and what is left of them afterwards: nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { aGuest, cannotRun, inSync, startCluster, type TestCluster, type VmDocument } from './cluster.ts';
import { cgroupsOf, downloads, instanceFiles, journalRows, pins } from './world.ts';

const count = 20;
/** Boots of twenty guests share the processors of this machine. */
const withinMs = 300_000;

describe('a fleet on real QEMU', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-e2e-fleet-'));
  const incarnations: string[] = [];
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  const list = async (): Promise<readonly VmDocument[]> => {
    const { body } = await cluster.client.request('GET', '/v1/vms', { query: { limit: 100 } });
    return (body as unknown as { items: VmDocument[] }).items;
  };

  test('20 VMs of one apply converge, each with exactly one process', async () => {
    const disk = [{ name: 'data', size_gib: 1 }];
    const nic = [{ forwards: [{ host_port: 0, guest_port: 22 }] }];
    const documents = Array.from({ length: count }, (_, at) =>
      aGuest(`fleet-${at}`, { labels: { app: 'fleet' }, disks: at < 3 ? disk : [], nics: at < 3 ? nic : [] }),
    );
    const file = join(scratch, 'fleet.yaml');
    writeFileSync(file, documents.map((document) => `${JSON.stringify(document)}\n`).join('---\n'));
    const applied = await cluster.cli('apply', '-f', file, `--wait=${withinMs / 1000}s`);
    assert.equal(applied.code, 0, applied.stdout + applied.stderr);
    const vms = await list();
    assert.equal(vms.length, count);
    for (const vm of vms) {
      assert.ok(vm.status.phase === 'running' && inSync(vm), JSON.stringify(vm.status));
      assert.equal(cluster.hypervisors(vm.uid).length, 1, vm.name);
      incarnations.push(vm.status.incarnation?.id ?? '');
    }
    assert.equal(cluster.hypervisors().length, count);
    assert.match((await cluster.cli('status')).stdout, /^100 % converged, 20 of 20 in sync/);
  });

  test('deleted by label, they leave no process, socket, file, pin, journal row or control group', async () => {
    assert.equal(new Set(pins(cluster.dataDir).map((pin) => pin.split('/')[1])).size, count);
    const deleted = await cluster.cli('vm', 'delete', '-l', 'app=fleet', '--yes', `--wait=${withinMs / 1000}s`);
    assert.equal(deleted.code, 0, deleted.stdout + deleted.stderr);
    assert.deepEqual(await list(), []);
    assert.deepEqual(cluster.hypervisors(), []);
    await cluster.stop();
    assert.deepEqual(instanceFiles(cluster.dataDir), []);
    assert.deepEqual(downloads(cluster.dataDir), []);
    assert.deepEqual(pins(cluster.dataDir), []);
    assert.deepEqual(journalRows(cluster.dataDir), []);
    assert.deepEqual(cgroupsOf(incarnations), []);
  });
});
