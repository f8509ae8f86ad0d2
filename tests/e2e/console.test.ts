/** The serial console and the log of a real guest, over the command line. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cannotRun, eventually, isRunning, type RunningCli, sees, startCluster, type TestCluster } from './cluster.ts';

describe('the console of a real guest', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  const name = 'talks';
  before(async () => {
    cluster = await startCluster();
    await cluster.create(name);
    await cluster.until(name, 'it runs', isRunning);
    await cluster.booted(name);
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const end = (cli: RunningCli): Promise<number> => {
    cli.process.kill('SIGINT');
    return cli.ended;
  };

  test('in a pipe: what is typed runs in the guest, its answer comes back, and it ends by itself', async () => {
    // It ends when the guest is silent for a while, which one on a busy machine is before its answer: once more then.
    await eventually('the answer', async () => {
      const console = cluster.start('console', name, '--no-scrollback');
      console.process.stdin.end('\necho answer-$((6*7))\n');
      assert.equal(await console.ended, 0, console.stderr());
      return /answer-42/.exec(console.stdout())?.[0];
    });
  });

  test('several read, one writes, a second writer is refused', async () => {
    const readers = [1, 2].map(() => cluster.start('console', name, '--read-only'));
    const writer = cluster.start('console', name, '--no-scrollback');
    for (const reader of readers) await sees(reader, 'HOLDFAST-GUEST-READY');
    writer.process.stdin.write('\necho first-$((1+1))\n');
    for (const viewer of [...readers, writer]) await sees(viewer, /first-2/);
    const second = cluster.start('console', name);
    assert.notEqual(await second.ended, 0);
    assert.match(second.stderr(), /console/);
    readers[0]?.process.stdin.write('\necho never-$((2+2))\n');
    writer.process.stdin.write('echo last-$((3+3))\n');
    for (const viewer of [...readers, writer]) await sees(viewer, /last-6/);
    for (const viewer of [...readers, writer]) assert.doesNotMatch(viewer.stdout(), /never/);
    for (const viewer of [...readers, writer]) await end(viewer);
    // The writer's place is free again.
    assert.match(await cluster.inGuest(name, 'echo next-$((4+4))'), /next-8/);
  });

  test('logs -f goes on with what comes; --tail gives the last lines', async () => {
    const log = cluster.start('logs', name, '-f', '--tail', '1');
    // It follows from here on: what is written before its look would not be the last line any more.
    await sees(log, /\S/);
    await cluster.inGuest(name, 'echo followed-$((5+5))');
    await sees(log, /followed-10/);
    assert.doesNotMatch(log.stdout(), /HOLDFAST-GUEST-READY/);
    await end(log);
    const tail = await cluster.cli('logs', name, '--tail', '4');
    assert.match(tail.stdout, /followed-10/);
  });

  test('nobody waits for a viewer that stands still; it goes on where it was', async () => {
    const slow = cluster.start('console', name, '--read-only');
    const writer = cluster.start('console', name, '--no-scrollback');
    writer.process.stdin.write('\necho here-$((7+7))\n');
    await sees(slow, /here-14/);
    slow.process.kill('SIGSTOP');
    writer.process.stdin.write("head -c 200000 /dev/zero | tr '\\0' x; echo; echo done-$((8+8))\n");
    await sees(writer, 'done-16');
    assert.ok(!slow.stdout().includes('done-16'));
    slow.process.kill('SIGCONT');
    await sees(slow, 'done-16');
    for (const viewer of [slow, writer]) await end(viewer);
  });

  test('the log of a deleted VM is read by its uid (spec §11)', async () => {
    const { body } = await cluster.client.request('GET', `/v1/vms/${name}`);
    await cluster.cli('vm', 'delete', name, '--wait=3m');
    const log = await cluster.cli('logs', `uid:${(body as { readonly uid: string } | null)?.uid}`);
    assert.match(log.stdout, /HOLDFAST-GUEST-READY/, log.stderr);
  });
});
