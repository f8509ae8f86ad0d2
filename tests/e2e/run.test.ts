/** The first command a new user types: `./run`, in a pipe and on a terminal, on a data directory of its own. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { cannotRun, hypervisorsOf, kill, root, runCli } from './cluster.ts';
import { noTerminal, readyWithinMs, startOnTerminal } from './terminal.ts';
import { filesBelow } from './world.ts';

describe('./run', { skip: cannotRun() }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-e2e-run-'));
  const dataDir = join(scratch, 'data');
  const args = ['--data-dir', dataDir, '--listen', '127.0.0.1:0'];
  after(() => {
    for (const pid of hypervisorsOf(dataDir)) kill(pid);
    rmSync(scratch, { recursive: true, force: true });
  });

  const onTerminal = () => startOnTerminal(join(root, 'run'), ...args);

  test('--help explains it, and neither installs packages nor builds images first', async () => {
    const { stdout } = await promisify(execFile)(join(root, 'run'), ['--once', '--help'], { timeout: readyWithinMs });
    assert.match(stdout, /^Brings up Holdfast on this machine/);
    assert.match(stdout, /Usage: holdfast up \[options\]/);
    assert.doesNotMatch(stdout, /images:|Holdfast is ready/);
  });

  test('--once converges the demo, prints the table, stops what it started and exits 0', async () => {
    const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
      execFile(join(root, 'run'), ['--once', ...args], { timeout: readyWithinMs }, (error, stdout, stderr) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
          output: stdout + stderr,
        }),
      );
    });
    assert.equal(code, 0, output);
    assert.match(output, /HOLDFAST-GUEST-READY/);
    assert.match(output, /demo\s+running/);
    assert.deepEqual(hypervisorsOf(dataDir), []);
  });

  test('Ctrl-C and no leaves the VM running; the next ./run adopts it; yes stops it', {
    skip: noTerminal,
  }, async () => {
    const first = onTerminal();
    await first.sees('Press Ctrl-C to end.');
    const pids = hypervisorsOf(dataDir);
    assert.equal(pids.length, 1, first.output());
    first.press('\x03');
    await first.sees('Stop them too? [y/N]');
    first.press('n\r');
    assert.equal(await first.ended, 0, first.output());
    assert.deepEqual(hypervisorsOf(dataDir), pids);
    assert.ok(!existsSync(join(dataDir, 'server.address')), 'nobody answers there any more');

    const second = onTerminal();
    await second.sees('Press Ctrl-C to end.');
    assert.deepEqual(hypervisorsOf(dataDir), pids, 'the same process was adopted');
    second.press('\x03');
    await second.sees('Stop them too? [y/N]');
    second.press('y\r');
    assert.equal(await second.ended, 0, second.output());
    assert.match(second.output(), /1 VM\(s\) stopped/);
    assert.deepEqual(hypervisorsOf(dataDir), []);
  });

  test('up --destroy --yes leaves nothing', async () => {
    assert.ok(readFileSync(join(dataDir, 'admin.token'), 'utf8').length > 0);
    const { code, stdout, stderr } = await runCli(['up', '--destroy', '--yes', ...args], {});
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(filesBelow(scratch), []);
    assert.deepEqual(hypervisorsOf(dataDir), []);
  });
});
