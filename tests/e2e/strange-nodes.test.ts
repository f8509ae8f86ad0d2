/** Agents under other names, on the data directory of `up` and beside it: `up --destroy` destroys what is there, and never waits for the dead. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lockDataDir } from '../../src/adapters/store/data-dir-lock.ts';
import { createApiClient } from '../../src/client/api-client.ts';
import type { NodeDocument } from '../../src/client/documents.ts';
import { secretOf } from '../../src/core/kit/secret.ts';
import {
  aGuest,
  cannotRun,
  eventually,
  hypervisorsOf,
  imagesDir,
  isRunning,
  type RunningCli,
  runCli,
  startCli,
  startCluster,
  type TestCluster,
} from './cluster.ts';
import { filesBelow } from './world.ts';

describe('nodes of other names', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  const elsewhere = mkdtempSync(join(tmpdir(), 'holdfast-e2e-elsewhere-'));
  const running: RunningCli[] = [];
  before(async () => {
    cluster = await startCluster();
    await cluster.create('guest');
    await cluster.until('guest', 'it runs', isRunning);
  });
  after(async () => {
    for (const { process: child } of running) child.kill('SIGKILL');
    for (const pid of hypervisorsOf(elsewhere)) process.kill(pid, 'SIGKILL');
    await cluster[Symbol.asyncDispose]();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  const bareAgent = (dir: string, node: string): RunningCli => {
    const socket = join(cluster.dataDir, 'node.sock');
    const agent = startCli(
      ['agent', '--data-dir', dir, '--control', `unix:${socket}`, '--node', node, '--image-dir', imagesDir],
      {},
    );
    running.push(agent);
    return agent;
  };
  const end = async ({ process: child, ended }: RunningCli): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const nodeOf = async (name: string): Promise<NodeDocument | undefined> => {
    const { body } = await cluster.client.request('GET', '/v1/nodes');
    return (body as unknown as { readonly items: readonly NodeDocument[] }).items.find((node) => node.name === name);
  };
  const readText = (file: string): string => readFileSync(file, 'utf8').trim();
  const adminToken = (): string => join(cluster.dataDir, 'admin.token');

  const destroy = () =>
    runCli(['up', '--destroy', '--yes', '--data-dir', cluster.dataDir, '--listen', '127.0.0.1:0'], {});
  const create = async (name: string, node: string): Promise<void> => {
    await cluster.create(name, { placement: { node } });
    await cluster.until(name, `${name} runs`, isRunning);
  };

  test('up that finds an agent of another start on its directory names its process and ends; so does --destroy', async () => {
    await cluster.stop();
    const stray = bareAgent(join(cluster.dataDir, 'agent'), 'stray');
    await eventually('it is up', () => (stray.stderr().includes('not connected') ? true : undefined));
    const words = ['up', '--no-demo', '--data-dir', cluster.dataDir, '--listen', '127.0.0.1:0'];
    for (const { code, stderr } of await Promise.all([runCli(words, {}), destroy()])) {
      assert.equal(code, 4, stderr);
      if (stderr.includes(`data directory ${cluster.dataDir}:`)) continue;
      assert.match(stderr, new RegExp(`: process ${stray.process.pid} holds its lock; waiting up to 20 s`));
      assert.match(stderr, /Error: .* holds its lock \(data_dir_in_use\)\nNext: End that process/);
    }
    assert.equal(cluster.hypervisors().length, 1);
    await end(stray);
  });

  test('an agent that takes the directory while up runs is told of once, with its process, and up goes on when it ends', async () => {
    await cluster.restart();
    // Stopped meanwhile: it starts another agent as soon as this one is dead, and that might be faster.
    process.kill(cluster.pidOfUp(), 'SIGSTOP');
    process.kill(cluster.pidOf('agent'), 'SIGKILL');
    const lock = await eventually('the lock is free', () => {
      try {
        return lockDataDir(join(cluster.dataDir, 'agent', 'journal'));
      } catch {
        return undefined;
      }
    }).finally(() => process.kill(cluster.pidOfUp(), 'SIGCONT'));
    const refusals = () => readFileSync(join(cluster.dataDir, 'agent.log'), 'utf8').match(/\(data_dir_in_use\)/g) ?? [];
    await eventually('it was tried some times', () => refusals().length >= 3 || undefined);
    const told = new RegExp(
      `The agent process ended: .* process ${process.pid} holds its lock; it is started again`,
      'g',
    );
    assert.equal(cluster.said().match(told)?.length, 1, cluster.said());
    lock.release();
    await eventually('the node is back', async () => ((await nodeOf('node-1'))?.status.connected ? true : undefined));
  });

  test('up --destroy waits for no dead node whose name this directory had, and destroys what it ran', async () => {
    await cluster.stop();
    const words = ['--data-dir', cluster.dataDir, '--listen', '127.0.0.1:0'];
    const server = startCli(['server', ...words], {});
    running.push(server);
    const address = join(cluster.dataDir, 'server.address');
    await eventually('the control plane is up', () => existsSync(address) || undefined);
    const stray = bareAgent(join(cluster.dataDir, 'agent'), 'stray');
    const client = createApiClient({ fetch }, { server: readText(address), token: secretOf(readText(adminToken())) });
    await eventually('it reports the guest as unknown', async () => {
      const { body } = await client.request('GET', '/v1/nodes');
      const { items } = body as unknown as { readonly items: readonly NodeDocument[] };
      return items.some(({ name, status }) => name === 'stray' && status.unassigned.length === 1) || undefined;
    });
    await client.request('POST', '/v1/vms', { body: aGuest('second', { placement: { node: 'stray' } }) });
    await eventually('both run', () => cluster.hypervisors().length === 2 || undefined);
    await end(stray);
    await end(server);
    const { code, stdout, stderr } = await destroy();
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Deleted 2 VM\(s\)/);
    assert.deepEqual(cluster.hypervisors(), []);
    assert.deepEqual(filesBelow(cluster.dataDir), ['images'], "a user's directory stays");
  });

  test('up --destroy names the VMs of a node elsewhere that is not connected, ends, and destroys them when it is', async () => {
    await cluster.restart();
    const other = bareAgent(elsewhere, 'other');
    await eventually('it has joined', async () => ((await nodeOf('other'))?.status.connected ? true : undefined));
    await create('here', 'node-1');
    await create('far', 'other');
    await end(other);
    await cluster.stop();
    const refused = await destroy();
    assert.equal(refused.code, 5, refused.stderr);
    assert.match(refused.stderr, /Cannot destroy what runs elsewhere\. VM "far": node "other" is not connected/);
    assert.match(refused.stderr.replace(/\s+/g, ' '), /Next: Start the agents of these nodes .* --forget/);
    assert.deepEqual(cluster.hypervisors(), []);
    assert.equal(hypervisorsOf(elsewhere).length, 1);
    const again = bareAgent(elsewhere, 'other');
    const { code, stderr } = await destroy();
    assert.equal(code, 0, stderr);
    assert.deepEqual(hypervisorsOf(elsewhere), []);
    await end(again);
  });
});
