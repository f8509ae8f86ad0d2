import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSystemClock } from '../../adapters/host/system-clock.ts';
import type { Clock } from '../../ports/clock.ts';
import { logLookMs, type SupervisedChild, superviseChild } from './supervise-child.ts';

const clock = createSystemClock();

interface Supervising {
  readonly name: string;
  /** Arguments of Node. */
  readonly args: readonly string[];
  /** Without it, a warning fails the test. */
  readonly warn?: (sentence: string) => void;
  /** Logs and pid files are looked at every so often instead of every 10 s. */
  readonly lookMs?: number;
  /** Done before the child is started. */
  readonly before?: (dataDir: string) => void;
  /** In the place of the system's. */
  readonly time?: Partial<Clock>;
}

/** Supervises a child in a directory of its own, and ends it whatever becomes of the test. */
async function supervising(
  { name, args, warn = assert.fail, lookMs = logLookMs, before, time = {} }: Supervising,
  look: (child: SupervisedChild, file: (ending: string) => string) => Promise<void>,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-supervise-'));
  before?.(dataDir);
  const child = superviseChild(
    { clock: { ...clock, sleep: (ms, signal) => clock.sleep(ms === logLookMs ? lookMs : ms, signal), ...time }, warn },
    { name, argv: [process.execPath, ...args], env: {}, dataDir, startAgain: () => ({ again: true, because: null }) },
  );
  try {
    await look(child, (ending) => join(dataDir, `${name}.${ending}`));
  } finally {
    await child.stop();
    rmSync(dataDir, { recursive: true });
  }
}

/** Collects warnings until there are so many. */
function warnings(count: number) {
  const told: string[] = [];
  const enough = Promise.withResolvers<readonly string[]>();
  const warn = (sentence: string): void => {
    told.push(sentence);
    if (told.length === count) enough.resolve(told);
  };
  return { warn, enough: enough.promise };
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

test('a child that ends is started again, and the user is told so in a sentence, not in JSON', async () => {
  const { warn, enough } = warnings(2);
  const args = ['-e', 'console.error("words of its own"); process.exit(3)'];
  await supervising({ name: 'server', args, warn }, async (_child, file) => {
    const [told] = await enough;
    assert.equal(told, `The server process ended (code 3); it is started again. See ${file('log')}`);
    assert.match(readFileSync(file('log'), 'utf8'), /words of its own/);
  });
});

test('a child that cannot even be spawned is tried again, and no try leaves its log file open', async () => {
  const { warn, enough } = warnings(3);
  await supervising({ name: 'agent', args: ['a\0b'], warn }, async (_child, file) => {
    assert.match((await enough)[2] ?? '', /^Cannot start the agent process: .*without null bytes/);
    const open = readdirSync('/proc/self/fd').filter((fd) => linkOf(`/proc/self/fd/${fd}`) === file('log'));
    assert.deepEqual(open, []);
  });
});

/** Empty for what was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

test('the log of a child that runs on is bounded: the part before is kept once, and the child goes on writing', async () => {
  // It is stopped as soon as its log is long: by then it must know what to do.
  const script = `
    process.on('SIGTERM', () => process.stderr.write('goodbye', () => process.exit(0)));
    process.stderr.write('x'.repeat(9 * 2 ** 20) + '\\n');
    process.stdin.resume();`;
  await supervising({ name: 'agent', args: ['-e', script], lookMs: 5 }, async (child, file) => {
    const log = file('log');
    for (const limit = clock.timeout(120_000); sizeOf(`${log}.1`) < 8 * 2 ** 20; await clock.sleep(10)) {
      limit.throwIfAborted();
    }
    await child.stop();
    assert.ok(sizeOf(log) < 2 ** 20, `${sizeOf(log)} bytes`);
    assert.match(readFileSync(log, 'utf8'), /^x*\n?goodbye$/, 'without a hole where it was cut');
    assert.equal(statSync(`${log}.1`).mode & 0o777, 0o600);
  });
});

const waiting = ['-e', 'process.stdin.resume()'];

test('the pid file names the child while it lives and is gone after a clean end: the number may be of a stranger then', async () => {
  await supervising({ name: 'server', args: waiting }, async (child, file) => {
    assert.ok(process.kill(Number(readFileSync(file('pid'), 'utf8')), 0));
    await child.stop();
    assert.ok(!existsSync(file('pid')));
  });
});

test('a pid file that could not be written, on a full disk say, is there once there is room', async () => {
  // In the way of the file that is written first.
  const before = (dataDir: string): void => mkdirSync(join(dataDir, 'agent.pid.new'));
  await supervising({ name: 'agent', args: waiting, lookMs: 5, before }, async (_child, file) => {
    assert.ok(!existsSync(file('pid')));
    rmdirSync(file('pid.new'));
    for (const limit = clock.timeout(120_000); !existsSync(file('pid')); await clock.sleep(5)) limit.throwIfAborted();
    assert.ok(process.kill(Number(readFileSync(file('pid'), 'utf8')), 0));
  });
});

test('a child that ends again and again is started after growing pauses, and at once again when it had been well', async () => {
  const pauses: number[] = [];
  let nowMs = 0;
  let ends = 0;
  const enough = Promise.withResolvers<void>();
  const warn = (): void => {
    ends += 1;
    if (ends === 9) nowMs += 30_001;
    if (ends === 12) enough.resolve();
  };
  const sleep: Clock['sleep'] = async (ms, signal) => {
    if (ms === logLookMs || ends >= 12) return await clock.sleep(ms, signal);
    pauses.push(ms);
  };
  const args = ['-e', 'process.exit(1)'];
  await supervising(
    { name: 'agent', args, warn, time: { sleep, bootMs: () => nowMs } },
    async () => await enough.promise,
  );
  assert.deepEqual(pauses, [100, 200, 400, 800, 1_600, 3_200, 5_000, 100, 200]);
});

test('a child that does not hear that it is to end is killed after its grace', async () => {
  const args = ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('deaf')"];
  const sleep: Clock['sleep'] = (ms, signal) => clock.sleep(ms === 15_000 ? 1 : ms, signal);
  await supervising({ name: 'agent', args, time: { sleep } }, async (child, file) => {
    for (const limit = clock.timeout(60_000); sizeOf(file('log')) === 0; await clock.sleep(5)) limit.throwIfAborted();
    const pid = Number(readFileSync(file('pid'), 'utf8'));
    await child.stop();
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });
});
