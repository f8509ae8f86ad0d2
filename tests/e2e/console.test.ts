/** The serial console and the log of a real guest, over the command line. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cannotRun, eventually, isRunning, type RunningCli, startCluster, type TestCluster } from './cluster.ts';

describe('the console of a real guest', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  const name = 'talks';
  before(async () => {
    cluster = await startCluster();
    await cluster.create(name);
    await cluster.until(name, 'it runs', isRunning, 60_000);
    await eventually('it has booted', async () =>
      (await cluster.client.request('GET', `/v1/vms/${name}/logs`)).text.includes('HOLDFAST-GUEST-READY')
        ? true
        : undefined,
    );
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const says = (cli: RunningCli, text: string | RegExp): Promise<true> =>
    eventually(`the console says ${String(text)}`, () => {
      if (cli.process.exitCode !== null) throw new Error(`The console ended: ${cli.stdout()}${cli.stderr()}`);
      return cli.stdout().match(text) === null ? undefined : true;
    });
  const end = (cli: RunningCli): Promise<number> => {
    cli.process.kill('SIGINT');
    return cli.ended;
  };

  test('in a pipe: what is typed runs in the guest, its answer comes back, and it ends by itself', async () => {
    const console = cluster.start('console', name, '--no-scrollback');
    console.process.stdin.end('\necho answer-$((6*7))\n');
    assert.equal(await console.ended, 0, console.stderr());
    assert.match(console.stdout(), /answer-42/);
  });

  test('several read, one writes, a second writer is refused', async () => {
    const readers = [1, 2].map(() => cluster.start('console', name, '--read-only'));
    const writer = cluster.start('console', name, '--no-scrollback');
    for (const reader of readers) await says(reader, 'HOLDFAST-GUEST-READY');
    writer.process.stdin.write('\necho first-$((1+1))\n');
    for (const viewer of [...readers, writer]) await says(viewer, /first-2/);
    const second = cluster.start('console', name);
    assert.notEqual(await second.ended, 0);
    assert.match(second.stderr(), /console/);
    readers[0]?.process.stdin.write('\necho never-$((2+2))\n');
    writer.process.stdin.write('echo last-$((3+3))\n');
    for (const viewer of [...readers, writer]) await says(viewer, /last-6/);
    for (const viewer of [...readers, writer]) assert.doesNotMatch(viewer.stdout(), /never/);
    for (const viewer of [...readers, writer]) await end(viewer);
    // The writer's place is free again.
    const next = cluster.start('console', name, '--no-scrollback');
    next.process.stdin.end('\necho next-$((4+4))\n');
    assert.equal(await next.ended, 0, next.stderr());
    assert.match(next.stdout(), /next-8/);
  });

  test('logs -f goes on with what comes; --tail gives the last lines', async () => {
    const log = cluster.start('logs', name, '-f', '--tail', '1');
    // It follows from here on: what is written before its look would not be the last line any more.
    await says(log, /\S/);
    const writer = cluster.start('console', name, '--no-scrollback');
    writer.process.stdin.end('\necho followed-$((5+5))\n');
    await says(log, /followed-10/);
    assert.doesNotMatch(log.stdout(), /HOLDFAST-GUEST-READY/);
    assert.equal(await writer.ended, 0);
    await end(log);
    const tail = await cluster.cli('logs', name, '--tail', '3');
    assert.match(tail.stdout, /followed-10/);
  });

  test('nobody waits for a viewer that stands still; it goes on where it was', async () => {
    const slow = cluster.start('console', name, '--read-only');
    const writer = cluster.start('console', name, '--no-scrollback');
    writer.process.stdin.write('\necho here-$((7+7))\n');
    await says(slow, /here-14/);
    slow.process.kill('SIGSTOP');
    writer.process.stdin.write("head -c 200000 /dev/zero | tr '\\0' x; echo; echo done-$((8+8))\n");
    await eventually('the writer sees the end', () => (writer.stdout().includes('done-16') ? true : undefined), 60_000);
    assert.ok(!slow.stdout().includes('done-16'));
    slow.process.kill('SIGCONT');
    await eventually('the other one too', () => (slow.stdout().includes('done-16') ? true : undefined));
    for (const viewer of [slow, writer]) await end(viewer);
  });

  test('the log of a deleted VM is read by its uid (spec §11)', async () => {
    const { body } = await cluster.client.request('GET', `/v1/vms/${name}`);
    await cluster.cli('vm', 'delete', name, '--wait=60s');
    const log = await cluster.cli('logs', `uid:${(body as { readonly uid: string } | null)?.uid}`);
    assert.match(log.stdout, /HOLDFAST-GUEST-READY/, log.stderr);
  });
});
