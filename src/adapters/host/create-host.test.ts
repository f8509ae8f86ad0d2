import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ProcessProof } from '../../core/instance/process.ts';
import { faultCode } from '../../core/kit/fault.ts';
import type { StartProcess } from '../../ports/host.ts';
import { findCgroupRoots } from './cgroup.ts';
import { createHost } from './create-host.ts';
import { readProcStat } from './proc-stat.ts';

const root = mkdtempSync(join(tmpdir(), 'holdfast-host-'));
const host = createHost();
const signal = new AbortController().signal;
const cgroupRoots = findCgroupRoots();
const writableRoots = cgroupRoots.filter(({ dir }) => mayWrite(dir));
const isRoot = process.getuid?.() === 0;
let count = 0;
const madeCgroups: string[] = [];

after(() => rmSync(root, { recursive: true, force: true }));

function mayWrite(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function aStart(argv: readonly string[], over: Partial<StartProcess> = {}): StartProcess {
  count += 1;
  const dir = join(root, `incarnation-${count}`);
  mkdirSync(dir, { recursive: true });
  const cgroup = `holdfast-test-${process.pid}-${count}`;
  madeCgroups.push(cgroup);
  const stderrFile = join(dir, 'stderr.log');
  return { dir, lockFile: join(dir, 'lock'), argv, stdoutFile: stderrFile, stderrFile, user: null, cgroup, ...over };
}

/** Kills and waits for the proof of death. */
async function end(proof: ProcessProof): Promise<void> {
  await host.killProcess(proof, 'SIGKILL');
  await until(async () => (await host.proveProcess(proof)).life === 'dead');
}

/** The limit is for what never comes: on a busy machine a process may wait for seconds until it may end. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const limit = AbortSignal.timeout(60_000); !(await holds()); ) {
    limit.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Whether it is done within 100 ms. A busy machine only adds to that, so that one of a few attempts is enough. */
async function isSeenInTime(seenAfterMs: () => Promise<number>): Promise<boolean> {
  for (let attempt = 1; attempt <= 5; attempt += 1) if ((await seenAfterMs()) < 100) return true;
  return false;
}

const sleeper = ['sleep', '1000'];

test('a second start of one incarnation is impossible, and so is a second process of one instance (F4)', async () => {
  const request = aStart(sleeper);
  const proof = await host.startProcess(request, signal);
  assert.deepEqual(await host.proveProcess(proof), { life: 'alive' });
  assert.equal(await host.isLocked(request.lockFile), true);
  const other = aStart(sleeper, { lockFile: request.lockFile });
  await assert.rejects(host.startProcess(other, signal), (error) => faultCode(error) === 'instance_locked');
  assert.equal(existsSync(join(other.dir, 'pid')), false, 'a refused start leaves no pid file');
  const again = { ...request, lockFile: join(root, 'another-lock') };
  await assert.rejects(host.startProcess(again, signal), (error) => faultCode(error) === 'already_started');
  assert.deepEqual(await host.proveProcess(proof), { life: 'alive' });
  await end(proof);
  assert.equal(await host.isLocked(request.lockFile), false);
  const next = await host.startProcess(aStart(sleeper, { lockFile: request.lockFile }), signal);
  await end(next);
});

test('the pid file alone proves a start whose answer was lost (F4)', async () => {
  const request = aStart(sleeper);
  assert.deepEqual(await host.findProcess(request.dir), { kind: 'none' });
  const proof = await host.startProcess(request, signal);
  assert.deepEqual(await host.findProcess(request.dir), {
    kind: 'found',
    proof,
    argv: sleeper,
    user: process.getuid?.() ?? null,
  });
  const file = join(request.dir, 'pid');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(host.bootId, '00000000-0000-0000-0000-000000000000'));
  assert.deepEqual(await host.findProcess(request.dir), { kind: 'ended', pid: proof.pid }, 'a pid of another boot');
  writeFileSync(file, text.replace(` ${proof.startTime} `, ` ${proof.startTime - 1} `));
  assert.deepEqual(
    await host.findProcess(request.dir),
    { kind: 'ended', pid: proof.pid },
    'a pid that was given again',
  );
  writeFileSync(file, text);
  await end(proof);
  assert.deepEqual(await host.findProcess(request.dir), { kind: 'ended', pid: proof.pid });
});

test('the exit code and the signal of an own child are known', async () => {
  const coded = await host.startProcess(aStart(['sh', '-c', 'exit 7']), signal);
  await until(async () => (await host.proveProcess(coded)).life === 'dead');
  assert.deepEqual(await host.proveProcess(coded), { life: 'dead', exit: { kind: 'code', code: 7 } });
  const killed = await host.startProcess(aStart(sleeper), signal);
  await end(killed);
  assert.deepEqual(await host.proveProcess(killed), { life: 'dead', exit: { kind: 'signal', signal: 'SIGKILL' } });
  assert.equal(await host.killProcess(killed, 'SIGKILL'), false);
});

test('a program that cannot be executed is spawn_failed with exit code and stderr tail', async () => {
  await assert.rejects(host.startProcess(aStart(['/nonexistent/program']), signal), (error) => {
    assert.ok(error instanceof Error && 'details' in error);
    assert.equal(faultCode(error), 'spawn_failed');
    const details = error.details as { exit_code: number; stderr_tail: string[] };
    assert.equal(details.exit_code, 127);
    assert.match(details.stderr_tail.join('\n'), /No such file/);
    return true;
  });
});

test('a zombie is dead, a reused pid is dead, a process of another boot is dead (F2, F4)', async () => {
  // The shell's child ends once the shell has become `sleep`, which reaps nobody: of one that ended before, the shell would.
  const ends = '(while read -r name </proc/$$/comm && [ "$name" != sleep ]; do :; done) &';
  const request = aStart(['sh', '-c', `${ends} echo $! > zombie; exec sleep 1000`]);
  const parent = await host.startProcess(request, signal);
  const file = join(request.dir, 'zombie');
  await until(async () => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
  const pid = Number(readFileSync(file, 'utf8'));
  await until(async () => readProcStat(pid)?.state === 'Z');
  const startTime = readProcStat(pid)?.startTime ?? 0;
  assert.equal((await host.proveProcess({ pid, startTime, bootId: host.bootId })).life, 'dead');
  assert.equal((await host.proveProcess({ ...parent, startTime: parent.startTime - 1 })).life, 'dead');
  assert.equal((await host.proveProcess({ ...parent, bootId: 'another' })).life, 'dead');
  assert.equal(await host.killProcess({ ...parent, startTime: parent.startTime - 1 }, 'SIGKILL'), false);
  assert.equal(await host.killProcess({ ...parent, bootId: 'another' }, 'SIGKILL'), false);
  assert.equal((await host.proveProcess(parent)).life, 'alive', 'a signal by a wrong proof reaches nobody');
  await end(parent);
});

/** Ends its first thread alone: exit, not exit_group. */
const endsFirstThread = `threads->create(sub { sleep 1000 }); syscall(${process.arch === 'arm64' ? 93 : 60}, 0)`;
const perl = spawnSync('perl', ['-Mthreads', '-e', '1']).status === 0;

test('a process whose first thread ended lives as long as another does, and is killed (F2, F4)', {
  skip: !perl && 'perl with threads is not installed',
}, async () => {
  const request = aStart(['perl', '-Mthreads', '-e', endsFirstThread]);
  const proof = await host.startProcess(request, signal);
  await until(async () => readProcStat(proof.pid)?.state === 'Z');
  assert.deepEqual(await host.proveProcess(proof), { life: 'alive' });
  const found = await host.findProcess(request.dir);
  assert.equal(found.kind, 'found', 'that its command line cannot be read is no end');
  assert.equal(await host.killProcess(proof, 'SIGKILL'), true);
  await until(async () => (await host.proveProcess(proof)).life === 'dead');
  assert.equal((await host.findProcess(request.dir)).kind, 'ended');
});

test('a process runs without privileges, environment and foreign descriptors', {
  skip: !isRoot && 'needs root',
}, async () => {
  process.env['HOLDFAST_SECRET_OF_TEST'] = 'x';
  const request = aStart(['sleep', '999'], { user: { uid: 1_879_048_200, gid: 1_879_048_200, groups: [] } });
  const proof = await host.startProcess(request, signal);
  delete process.env['HOLDFAST_SECRET_OF_TEST'];
  const status = readFileSync(`/proc/${proof.pid}/status`, 'utf8');
  assert.match(status, /^Uid:\t1879048200\t1879048200\t1879048200/m);
  assert.match(status, /^CapEff:\t0+$/m);
  assert.match(status, /^CapBnd:\t0+$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.doesNotMatch(readFileSync(`/proc/${proof.pid}/environ`, 'utf8'), /HOLDFAST_SECRET/);
  await end(proof);
});

const starter = `
import { createHost } from ${JSON.stringify(new URL('./create-host.ts', import.meta.url).href)};
const request = JSON.parse(process.argv[1]);
const proof = await createHost().startProcess(request, new AbortController().signal);
console.log(JSON.stringify(proof));
setInterval(() => {}, 1000);
`;

/**
 * Starts a process from another Node process, which is then killed: what is left is a process nobody here is parent
 * of.
 */
async function startAndKillStarter(request: StartProcess): Promise<ProcessProof> {
  const agent = spawn(process.execPath, ['--input-type=module', '-e', starter, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => agent.stdout.once('data', (data) => resolve(String(data))));
  const gone = new Promise((resolve) => agent.once('exit', resolve));
  agent.kill('SIGKILL');
  await gone;
  return JSON.parse(line) as ProcessProof;
}

for (const withCgroup of [true, false]) {
  const how = withCgroup ? 'by its cgroup' : 'by looking';
  test(`a process survives the SIGKILL of its starter; its exit is seen in 100 ms ${how} (F4, S18)`, async (t) => {
    if (withCgroup && !cgroupRoots.some(({ version }) => version === 2)) return t.skip('no cgroup version 2 mount');
    const seenAfterMs = async (): Promise<number> => {
      const request = aStart(sleeper, withCgroup ? {} : { cgroup: null });
      const proof = await startAndKillStarter(request);
      assert.deepEqual(await host.proveProcess(proof), { life: 'alive' });
      assert.equal(await host.isLocked(request.lockFile), true, 'the lock outlives the starter');
      assert.equal((await host.findProcess(request.dir)).kind, 'found');
      const exited = new Promise<number>((resolve) =>
        host.watchExit(proof, request.cgroup, () => resolve(performance.now())),
      );
      // The watch looks once by itself; the exit must come after that look.
      await new Promise((resolve) => setTimeout(resolve, 5));
      const killedAt = performance.now();
      assert.equal(await host.killProcess(proof, 'SIGKILL'), true);
      const tookMs = (await exited) - killedAt;
      t.diagnostic(`seen after ${tookMs.toFixed(1)} ms`);
      assert.deepEqual(await host.proveProcess(proof), { life: 'dead', exit: { kind: 'unknown' } });
      assert.equal(await host.isLocked(request.lockFile), false);
      return tookMs;
    };
    assert.ok(await isSeenInTime(seenAfterMs));
  });
}

test('the exit of an own child is seen within 100 ms, once, and a closed watch stays silent (S18)', async () => {
  const seenAfterMs = async (): Promise<number> => {
    const proof = await host.startProcess(aStart(sleeper), signal);
    let seen = 0;
    let silent = 0;
    const exited = new Promise<void>((resolve) =>
      host.watchExit(proof, null, () => {
        seen += 1;
        resolve();
      }),
    );
    host
      .watchExit(proof, null, () => {
        silent += 1;
      })
      .close();
    const killedAt = performance.now();
    await host.killProcess(proof, 'SIGKILL');
    await exited;
    const tookMs = performance.now() - killedAt;
    const late = new Promise<void>((resolve) => host.watchExit(proof, null, resolve));
    await late;
    assert.deepEqual([seen, silent], [1, 0]);
    return tookMs;
  };
  assert.ok(await isSeenInTime(seenAfterMs));
});

test('a process that ended before it was watched is told as ended, once and never from inside the call', async () => {
  const proof = await host.startProcess(aStart(sleeper), signal);
  await end(proof);
  // An agent that was away has no child of that name.
  const told = Promise.withResolvers<void>();
  let times = 0;
  const watch = createHost().watchExit(proof, null, () => {
    times += 1;
    told.resolve();
  });
  assert.equal(times, 0);
  await told.promise;
  watch.close();
  assert.equal(times, 1);
});

test('a pid file whose line is not finished is of a start that came to nothing', async () => {
  const proof = await host.startProcess(aStart(sleeper), signal);
  const { dir } = aStart(sleeper);
  writeFileSync(join(dir, 'pid'), `${proof.pid} ${proof.startTime} ${proof.bootId}`);
  assert.deepEqual(await host.findProcess(dir), { kind: 'ended', pid: proof.pid });
  await end(proof);
});

test('usage of a process grows with its work and is undefined after its end', async () => {
  const proof = await host.startProcess(aStart(['sh', '-c', 'while :; do :; done']), signal);
  await until(async () => ((await host.usage(proof))?.cpuMs ?? 0) >= 20);
  await end(proof);
  assert.equal(await host.usage(proof), undefined);
});

test('a process is in its own cgroup when its start is over; one whose starter died before that joins when it is watched', async (t) => {
  const version2 = writableRoots.find(({ version }) => version === 2);
  if (version2 === undefined) return t.skip('no cgroup version 2 hierarchy that this user may write to');
  const membersOf = (name: string) => {
    const file = join(version2.dir, name, 'cgroup.procs');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : [];
  };
  const request = aStart(sleeper);
  const proof = await host.startProcess(request, signal);
  assert.deepEqual(membersOf(request.cgroup ?? ''), [proof.pid]);
  await end(proof);

  const late = aStart(sleeper, { cgroup: null });
  const outside = await host.startProcess(late, signal);
  const name = `holdfast-test-${process.pid}-${count}`;
  const watch = host.watchExit(outside, name, () => {});
  await until(async () => membersOf(name).includes(outside.pid));
  watch.close();
  await end(outside);
});

test('a start whose cgroup cannot be joined leaves no process', async () => {
  const request = aStart(sleeper);
  const fake = join(root, 'no-cgroup');
  mkdirSync(join(fake, request.cgroup ?? '', 'cgroup.procs'), { recursive: true });
  const bad = createHost({ cgroupRoots: [{ version: 2, dir: fake }] });
  await assert.rejects(bad.startProcess(request, signal), (error) => {
    assert.equal(faultCode(error), 'spawn_failed');
    assert.match(String(error), /its cgroup cannot be joined/);
    return true;
  });
  assert.equal((await host.findProcess(request.dir)).kind, 'ended');
  assert.equal(await host.isLocked(request.lockFile), false);
});

test('a program that ended before its cgroup was refused is told of as a start that failed, and nothing is killed', async () => {
  const fake = join(root, 'no-cgroup-either');
  const bad = createHost({ cgroupRoots: [{ version: 2, dir: fake }] });
  // Whether its end or its beginning is seen first is chance.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const request = aStart(['true']);
    mkdirSync(join(fake, request.cgroup ?? '', 'cgroup.procs'), { recursive: true });
    await assert.rejects(bad.startProcess(request, signal), (error) => {
      assert.equal(faultCode(error), 'spawn_failed', String(error));
      return true;
    });
  }
});

test('a start whose files cannot be opened leaves none of them open', async () => {
  const request = aStart(sleeper);
  const files = { stdoutFile: join(request.dir, 'stdout.log'), stderrFile: join(request.dir, 'none', 'stderr.log') };
  await assert.rejects(host.startProcess({ ...request, ...files }, signal), /ENOENT/);
  const open = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  assert.ok(!open.includes(files.stdoutFile));
});

test('a kill for lack of memory is told apart from other deaths', async (t) => {
  const memory = writableRoots.find(
    ({ version, dir }) => version === 1 && existsSync(join(dir, 'memory.limit_in_bytes')),
  );
  if (memory === undefined) return t.skip('no version 1 memory controller that this user may write to');
  const request = aStart([process.execPath, '-e', 'const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1));']);
  const dir = join(memory.dir, request.cgroup ?? '');
  mkdirSync(dir);
  writeFileSync(join(dir, 'memory.limit_in_bytes'), String(64 * 2 ** 20));
  const proof = await host.startProcess(request, signal);
  await until(async () => (await host.proveProcess(proof)).life === 'dead');
  assert.equal(await host.oomKilled(request.cgroup ?? ''), true);
});

test('removing the cgroups of ended processes leaves nothing, also when asked twice', async () => {
  for (const name of [...madeCgroups, ...madeCgroups]) await host.removeCgroup(name);
  for (const { dir } of cgroupRoots) {
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.startsWith(`holdfast-test-${process.pid}-`)),
      [],
    );
  }
});
