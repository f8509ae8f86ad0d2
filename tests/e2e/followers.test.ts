/**
 * Commands that follow something outlive the control plane: the process `server` is killed, `up` starts it again, and each
 * goes on where it was, without a gap and without saying anything twice.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cannotRun, eventually, isRunning, type RunningCli, sees, startCluster, type TestCluster } from './cluster.ts';

const marker = 'HOLDFAST-GUEST-READY';

describe('followers of a control plane that is killed', { skip: cannotRun() }, () => {
  test('vm list -w, vm wait, logs -f and events -w go on after kill -9 of the server, twice', async () => {
    await using cluster = await startCluster();
    await cluster.create('web');
    await cluster.until('web', 'web runs', isRunning);
    const followers = {
      list: cluster.start('vm', 'list', '-w'),
      wait: cluster.start('vm', 'wait', 'web', '--for', 'stopped', '--timeout', '5m'),
      logs: cluster.start('logs', 'web', '-f'),
      events: cluster.start('events', '-w', '-o', 'json', '--tail', '100000'),
    };
    await sees(followers.logs, marker);
    await sees(followers.list, /web +running/);
    await watched(cluster, 3);

    for (const round of ['first', 'second']) {
      await killServer(cluster);
      // The log has no watch to count: it is followed again once it shows what was written after the kill.
      await cluster.inGuest('web', `echo ${round}-$((40+2))`);
      await sees(followers.logs, `${round}-42`);
      await watched(cluster, 3);
      for (const [name, { process: child }] of Object.entries(followers)) {
        assert.equal(child.exitCode, null, `${name} goes on after the ${round} kill`);
      }
    }

    const { code, stderr } = await cluster.cli('vm', 'stop', 'web', '--wait=3m');
    assert.equal(code, 0, stderr);
    assert.equal(await followers.wait.ended, 0, followers.wait.stderr());
    assert.equal(followers.wait.stdout(), 'vm/web stopped\n');
    assert.equal(await followers.logs.ended, 0, followers.logs.stderr());
    assert.equal(followers.logs.stdout().split(marker).length, 2, `printed twice:\n${followers.logs.stdout()}`);
    await sees(followers.list, /web +stopped/);
    assert.match(followers.list.stderr(), /The control plane does not answer; trying again/);
    await seesEveryEventOnce(cluster, followers.events);
  });
});

/** Kills the process and returns when the one that `up` started after it answers. */
async function killServer(cluster: TestCluster): Promise<void> {
  const killed = cluster.pidOf('server');
  process.kill(killed, 'SIGKILL');
  await eventually('another server answers, and its node is there', async () => {
    if ((await cluster.living('server')) === killed) return undefined;
    const nodes = await cluster.client.request('GET', '/v1/nodes').catch(() => undefined);
    return JSON.stringify(nodes?.body ?? null).includes('"connected":true') ? true : undefined;
  });
}

/** The control plane itself says how many watch: list, wait and events. */
async function watched(cluster: TestCluster, watchers: number): Promise<void> {
  await eventually(`${watchers} watches are open`, async () => {
    const { text } = await cluster.client.request('GET', '/metrics');
    return text.includes(`\nholdfast_watchers ${watchers}\n`) ? true : undefined;
  });
}

async function seesEveryEventOnce(cluster: TestCluster, { stdout }: RunningCli): Promise<void> {
  const idsOf = (text: string): readonly string[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { readonly id: string }).id);
  const { body } = await cluster.client.request('GET', '/v1/events', { query: { limit: 500 } });
  const all = (body as unknown as { readonly items: readonly { readonly id: string }[] }).items.map(({ id }) => id);
  await eventually('the last event is printed', () => (idsOf(stdout()).includes(all.at(-1) ?? '') ? true : undefined));
  const printed = idsOf(stdout());
  assert.deepEqual(
    all.filter((id) => !printed.includes(id)),
    [],
    'no event was left out',
  );
  assert.equal(new Set(printed).size, printed.length, 'no event was printed twice');
}
