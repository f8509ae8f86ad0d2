/**
 * The store of a node that runs VMs is lost, and there is no backup: absence destroys nothing, and there are two ways out,
 * each of them said by the operator and checked by cluster_id (spec §3, §9).
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cannotRun, eventually, inSync, isRunning, root, runCli, startCluster, type TestCluster } from './cluster.ts';
import { noTerminal, startOnTerminal } from './terminal.ts';
import { filesBelow } from './world.ts';

describe('a lost store', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  let joined: string;
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-e2e-lost-'));
  before(async () => {
    cluster = await startCluster();
    for (const name of ['one', 'two']) await cluster.create(name);
    for (const name of ['one', 'two']) await cluster.until(name, `${name} runs`, isRunning);
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  const words = (...more: readonly string[]) => ['up', '--data-dir', cluster.dataDir, ...more];
  const unassigned = async (): Promise<readonly string[]> => {
    const { stdout } = await cluster.cli('status', '-o', 'json');
    const { nodes } = JSON.parse(stdout) as {
      nodes: readonly { status: { unassigned: readonly { name: string }[] } }[];
    };
    return nodes.flatMap(({ status }) => status.unassigned.map(({ name }) => name)).toSorted();
  };
  /** The first report of a node may come some time after it has joined. */
  const untilUnassigned = (names: readonly string[]): Promise<true> =>
    eventually(`${names.join() || 'nothing'} is unassigned`, async () =>
      (await unassigned()).join() === names.join() ? true : undefined,
    );

  test('up refuses and names the way out; up --destroy --yes destroys nothing that the store does not know', async () => {
    const pids = cluster.hypervisors();
    assert.equal(pids.length, 2);
    await cluster.stop();
    renameSync(join(cluster.dataDir, 'store'), join(scratch, 'lost'));
    const refused = await runCli(words('--no-demo', '--listen', '127.0.0.1:0'), {});
    assert.equal(refused.code, 4, refused.stderr);
    const [, clusterId] = /--join-cluster ([0-9a-f-]{36})/.exec(refused.stderr.replace(/\s+/g, ' ')) ?? [];
    assert.ok(clusterId !== undefined, refused.stderr);
    joined = clusterId;

    const destroy = await runCli(words('--destroy', '--yes'), {});
    assert.equal(destroy.code, 4, destroy.stderr);
    assert.match(destroy.stderr, /has 2 VM\(s\) of it: (one, two|two, one) \(wrong_cluster\)/);
    const another = await runCli(words('--destroy', '--yes', '--join-cluster', crypto.randomUUID()), {});
    assert.equal(another.code, 4, 'only the cluster of this store may be joined');
    assert.deepEqual(cluster.hypervisors(), pids);
  });

  test('up --destroy on a terminal names the VMs and asks; no leaves them', { skip: noTerminal }, async () => {
    const pids = cluster.hypervisors();
    const terminal = startOnTerminal(join(root, 'holdfast'), ...words('--destroy'));
    await terminal.sees('Delete every VM');
    terminal.press('y\r');
    await terminal.sees('Destroy them too? [y/N]');
    assert.match(terminal.output(), /(one, two|two, one)\. Destroy/);
    terminal.press('n\r');
    assert.equal(await terminal.ended, 0, terminal.output());
    assert.deepEqual(cluster.hypervisors(), pids);
  });

  test('up --join-cluster lets the node join: its VMs run on as unknown instances, and new ones converge', async () => {
    const pids = cluster.hypervisors();
    await cluster.restart('--join-cluster', joined);
    await untilUnassigned(['one', 'two']);
    await cluster.create('three');
    await cluster.until('three', 'three runs', isRunning);
    assert.equal(cluster.hypervisors().length, 3);
    // By name it comes after what it depends on, which cannot go before it.
    await cluster.create('zero', { depends_on: ['three'], desired_phase: 'stopped', deletion_protection: true });
    // Said once is enough; and where it is still said, it changes nothing any more.
    for (const more of [[], ['--join-cluster', joined]]) {
      await cluster.restart(...more);
      await cluster.until('three', 'three is in sync', inSync);
    }
    assert.deepEqual(
      pids.filter((pid) => !cluster.hypervisors().includes(pid)),
      [],
    );
  });

  test('the first store, found again, does not get the node back by itself', async () => {
    const pids = cluster.hypervisors();
    await cluster.stop();
    renameSync(join(cluster.dataDir, 'store'), join(scratch, 'second'));
    cpSync(join(scratch, 'lost'), join(cluster.dataDir, 'store'), { recursive: true });
    const refused = await runCli(words('--no-demo', '--listen', '127.0.0.1:0'), {});
    assert.match(refused.stderr, /\(wrong_cluster\)/);
    const [, first = ''] = /--join-cluster ([0-9a-f-]{36})/.exec(refused.stderr.replace(/\s+/g, ' ')) ?? [];
    await cluster.restart('--join-cluster', first);
    for (const name of ['one', 'two']) await cluster.until(name, `${name} is assigned again`, isRunning);
    await untilUnassigned(['three', 'zero']);
    assert.deepEqual(cluster.hypervisors(), pids, 'nothing was restarted');
  });

  test('with --unknown-instances adopt all come back under management, and nothing is restarted (§3)', async () => {
    const pids = cluster.hypervisors();
    const before = await Promise.all(['one', 'two'].map((name) => cluster.get(name)));
    await cluster.stop();
    rmSync(join(cluster.dataDir, 'store'), { recursive: true });
    const refused = await runCli(words('--no-demo', '--listen', '127.0.0.1:0'), {});
    const [, third = ''] = /--join-cluster ([0-9a-f-]{36})/.exec(refused.stderr.replace(/\s+/g, ' ')) ?? [];
    await cluster.restart('--join-cluster', third, '--unknown-instances', 'adopt');
    const all = ['one', 'two', 'three', 'zero'];
    await eventually('all of them are VMs again', async () => {
      const { stdout } = await cluster.cli('vm', 'list', '-o', 'name');
      return all.every((name) => stdout.includes(name)) ? true : undefined;
    });
    for (const name of all) await cluster.until(name, `${name} is managed again`, inSync);
    const adopted = await Promise.all(['one', 'two'].map((name) => cluster.get(name)));
    for (const [at, { uid, spec_hash, run, status }] of adopted.entries()) {
      assert.deepEqual([uid, spec_hash, run], [before[at]?.uid, before[at]?.spec_hash, before[at]?.run]);
      assert.equal(status.incarnation?.id, before[at]?.status.incarnation?.id);
      assert.equal(status.running_hash, spec_hash);
    }
    assert.deepEqual(cluster.hypervisors(), pids, 'nothing was restarted');
    await untilUnassigned([]);
    const events = await cluster.cli('events', '-o', 'json');
    assert.equal([...events.stdout.matchAll(/"code": ?"adopted"/g)].length, all.length, events.stdout);
    const zero = await cluster.get('zero');
    assert.deepEqual([zero.desired_phase, zero.deletion_protection], ['stopped', true]);
    // Managed means that it obeys.
    const stopped = await cluster.cli('vm', 'poweroff', 'one', '--wait=3m');
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.equal(cluster.hypervisors().length, 2);
    const started = await cluster.cli('vm', 'start', 'one', '--wait=3m');
    assert.equal(started.code, 0, started.stderr);
  });

  test('up --destroy removes unknown instances too, and leaves nothing', async () => {
    await cluster.stop();
    assert.equal(cluster.hypervisors().length, 3);
    rmSync(join(cluster.dataDir, 'store'), { recursive: true });
    renameSync(join(scratch, 'second'), join(cluster.dataDir, 'store'));
    const { code, stdout, stderr } = await runCli(words('--destroy', '--yes', '--join-cluster', joined), {});
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Deleted 4 VM\(s\)/);
    assert.deepEqual(cluster.hypervisors(), []);
    assert.deepEqual(filesBelow(cluster.dataDir), ['images'], "a user's directory stays");
  });
});
