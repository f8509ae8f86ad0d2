import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSystemClock } from '../../adapters/host/system-clock.ts';
import { logLookMs, superviseChild } from './supervise-child.ts';

test('a child that ends is started again, and the user is told so in a sentence, not in JSON', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-supervise-'));
  const told: string[] = [];
  const again = Promise.withResolvers<void>();
  const child = superviseChild(
    {
      clock: createSystemClock(),
      warn: (sentence) => {
        told.push(sentence);
        if (told.length === 2) again.resolve();
      },
    },
    {
      name: 'server',
      argv: [process.execPath, '-e', 'console.error("words of its own"); process.exit(3)'],
      env: {},
      dataDir,
      startAgain: () => true,
    },
  );
  try {
    await again.promise;
    const log = join(dataDir, 'server.log');
    assert.equal(told[0], `The server process ended (code 3); it is started again. See ${log}`);
    assert.match(readFileSync(log, 'utf8'), /words of its own/);
  } finally {
    await child.stop();
    rmSync(dataDir, { recursive: true });
  }
});

test('the log of a child that runs on is bounded: the part before is kept once, and the child goes on writing', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-supervise-'));
  const log = join(dataDir, 'agent.log');
  const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const clock = createSystemClock();
  const script = `
    process.stderr.write('x'.repeat(9 * 2 ** 20) + '\\n');
    process.on('SIGTERM', () => process.stderr.write('goodbye', () => process.exit(0)));
    process.stdin.resume();`;
  const child = superviseChild(
    { clock: { ...clock, sleep: (ms, signal) => clock.sleep(ms === logLookMs ? 5 : ms, signal) }, warn: assert.fail },
    { name: 'agent', argv: [process.execPath, '-e', script], env: {}, dataDir, startAgain: () => true },
  );
  try {
    for (const limit = clock.timeout(20_000); sizeOf(`${log}.1`) < 8 * 2 ** 20; await clock.sleep(10)) {
      limit.throwIfAborted();
    }
    await child.stop();
    assert.ok(sizeOf(log) < 2 ** 20, `${sizeOf(log)} bytes`);
    assert.match(readFileSync(log, 'utf8'), /^x*\n?goodbye$/, 'without a hole where it was cut');
    assert.equal(statSync(`${log}.1`).mode & 0o777, 0o600);
  } finally {
    await child.stop();
    rmSync(dataDir, { recursive: true });
  }
});

test('the pid file names the child while it lives and is gone after a clean end: the number may be of a stranger then', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-supervise-'));
  const pidFile = join(dataDir, 'server.pid');
  const clock = createSystemClock();
  const child = superviseChild(
    { clock, warn: assert.fail },
    {
      name: 'server',
      argv: [process.execPath, '-e', 'process.stdin.resume()'],
      env: {},
      dataDir,
      startAgain: () => true,
    },
  );
  try {
    assert.ok(process.kill(Number(readFileSync(pidFile, 'utf8')), 0));
    await child.stop();
    assert.ok(!existsSync(pidFile));
  } finally {
    await child.stop();
    rmSync(dataDir, { recursive: true });
  }
});

test('a pid file that could not be written, on a full disk say, is there once there is room', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-supervise-'));
  const pidFile = join(dataDir, 'agent.pid');
  const clock = createSystemClock();
  // In the way of the file that is written first.
  mkdirSync(`${pidFile}.new`);
  const child = superviseChild(
    { clock: { ...clock, sleep: (ms, signal) => clock.sleep(ms === logLookMs ? 5 : ms, signal) }, warn: assert.fail },
    {
      name: 'agent',
      argv: [process.execPath, '-e', 'process.stdin.resume()'],
      env: {},
      dataDir,
      startAgain: () => true,
    },
  );
  try {
    assert.ok(!existsSync(pidFile));
    rmdirSync(`${pidFile}.new`);
    for (const limit = clock.timeout(20_000); !existsSync(pidFile); await clock.sleep(5)) limit.throwIfAborted();
    assert.ok(process.kill(Number(readFileSync(pidFile, 'utf8')), 0));
  } finally {
    await child.stop();
    rmSync(dataDir, { recursive: true });
  }
});
