import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessExit, ProcessProof } from '../../core/instance/process.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { StartProcess } from '../../ports/host.ts';
import type { Cgroups } from './cgroup.ts';
import type { Child, Children } from './children.ts';
import { CHAIN_EXIT, CHAIN_NAME, execChain } from './exec-chain.ts';
import { readArgv, readProcStat } from './proc-stat.ts';

/** The chain takes about 10 ms; after this something is badly wrong (a hung file system) and the start is given up. */
const CHAIN_TIMEOUT_MS = 10_000;
/** How often the chain's progress is looked at; there is no event for "has become another program". */
const CHAIN_POLL_MS = 2;
/** Where programs are looked for: fixed, so that nothing in the agent's environment decides what runs. */
const PROGRAM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';
const STDERR_TAIL_BYTES = 4_096;
const STDERR_TAIL_LINES = 20;

/**
 * Starts a process that outlives the agent (own session, no pipe to the agent). Resolves when the chain has become
 * the program.
 */
export async function startProcess(
  deps: { readonly bootId: string; readonly children: Children; readonly cgroups: Cgroups },
  request: StartProcess,
  signal: AbortSignal,
): Promise<ProcessProof> {
  signal.throwIfAborted();
  const [program, ...args] = execChain(request, process.getuid?.() === 0);
  using files = new DisposableStack();
  const append = (file: string): number => files.adopt(openSync(file, 'a', 0o600), closeSync);
  const started = spawn(program, args, {
    cwd: request.dir,
    detached: true,
    stdio: ['ignore', append(request.stdoutFile), append(request.stderrFile)],
    // A clean environment: nothing of the agent's (tokens, proxies, library paths) reaches a guest's process.
    env: { PATH: PROGRAM_PATH, LC_ALL: 'C' },
  });
  const child: { exit: ProcessExit | undefined; ended: Promise<void> } = {
    exit: undefined,
    ended: new Promise((resolve) => {
      started.once('exit', (code, signalName) => {
        child.exit = code === null ? { kind: 'signal', signal: signalName ?? 'unknown' } : { kind: 'code', code };
        resolve();
      });
    }),
  };
  const failed = new Promise<Error>((resolve) => started.once('error', resolve));
  started.unref();
  const { pid } = started;
  if (pid === undefined) throw spawnFailed(request, 'no process was made', (await failed).message, null);
  const stat = readProcStat(pid);
  if (stat !== undefined) deps.children.add(pid, stat.startTime, child);
  const joined = joinCgroup(deps.cgroups, request, pid);
  // Whatever comes of the start: when it is over nothing makes a cgroup any more.
  await untilProgramRuns(request, pid, child, signal).finally(() => joined);
  const because = await joined;
  if (because !== null) {
    await endChild(pid, child);
    throw spawnFailed(request, 'its cgroup cannot be joined', because, null);
  }
  const proof = readPidFile(request.dir, deps.bootId);
  if (proof?.pid !== pid) throw spawnFailed(request, 'its pid file was taken away', '', null);
  return proof;
}

/** One that has ended already was reaped: its pid may be another's. */
async function endChild(pid: number, child: Child): Promise<void> {
  if (child.exit === undefined) process.kill(pid, 'SIGKILL');
  await child.ended;
}

/** While the chain runs on; resolves with what refused it, null when all is well. */
async function joinCgroup(cgroups: Cgroups, request: StartProcess, pid: number): Promise<string | null> {
  if (request.cgroup === null) return null;
  try {
    await cgroups.join(request.cgroup, pid);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The program may itself become another at once, so it is known by no longer being a link of the chain. */
function isPastChain(argv: readonly string[] | undefined): boolean {
  if (argv === undefined || argv[0] === 'flock') return false;
  return argv[3] !== CHAIN_NAME && !(argv[0] === 'setpriv' && argv.includes('--no-new-privs'));
}

/**
 * Waits until the pid has become the program, or throws what stopped the chain. A program that ran and ended at once
 * did start.
 */
async function untilProgramRuns(request: StartProcess, pid: number, child: Child, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += CHAIN_POLL_MS) {
    if (child.exit !== undefined) return judgeChainExit(request, pid, child.exit);
    if (isPastChain(readArgv(pid)) && readPidFile(request.dir, null)?.pid === pid) return;
    if (signal.aborted || waitedMs >= CHAIN_TIMEOUT_MS) {
      await endChild(pid, child);
      signal.throwIfAborted();
      throw spawnFailed(request, `the program did not start within ${CHAIN_TIMEOUT_MS} ms`, '', null);
    }
    await Promise.race([child.ended, sleep(CHAIN_POLL_MS)]);
  }
}

function judgeChainExit(request: StartProcess, pid: number, exit: ProcessExit): void {
  const code = exit.kind === 'code' ? exit.code : null;
  const ownsPidFile = readPidFile(request.dir, null)?.pid === pid;
  if (!ownsPidFile && code === CHAIN_EXIT.locked) {
    throw new Fault('instance_locked', 'Cannot start the process: another process of this instance holds its lock');
  }
  if (!ownsPidFile && code === CHAIN_EXIT.noRoom) {
    throw new Fault('pool_full', 'Cannot start the process: its disk has no room for the file of its pid');
  }
  if (!ownsPidFile && code === CHAIN_EXIT.alreadyStarted && existsSync(join(request.dir, 'pid'))) {
    throw new Fault('already_started', 'Cannot start the process: this incarnation was started before', {
      retry: 'never',
    });
  }
  if (!ownsPidFile) throw spawnFailed(request, renderExit(exit), '', code);
  if (code === CHAIN_EXIT.notExecutable || code === CHAIN_EXIT.notFound) {
    throw spawnFailed(request, 'its program or user cannot be set up', '', code);
  }
}

function spawnFailed(request: StartProcess, why: string, detail: string, exitCode: number | null): Fault {
  const tail = readTail(request.stderrFile);
  const text = [why, detail, tail.at(-1) ?? ''].filter((part) => part !== '').join(': ');
  return new Fault('spawn_failed', `Cannot start the process: ${text}`, {
    details: { exit_code: exitCode, stderr_tail: tail },
  });
}

/** The last lines of a log file, at most 20 lines of the last 4 KiB. Empty when there is none. */
function readTail(file: string): readonly string[] {
  try {
    const bytes = readFileSync(file);
    return bytes
      .subarray(Math.max(0, bytes.length - STDERR_TAIL_BYTES))
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-STDERR_TAIL_LINES);
  } catch {
    return [];
  }
}

function readPidFile(dir: string, bootId: string | null): ProcessProof | undefined {
  try {
    const [pid, startTime, writtenBootId] = readFileSync(join(dir, 'pid'), 'utf8').trim().split(' ');
    return { pid: Number(pid), startTime: Number(startTime), bootId: bootId ?? writtenBootId ?? '' };
  } catch {
    return undefined;
  }
}

function renderExit(exit: ProcessExit): string {
  if (exit.kind === 'code') return `exit code ${exit.code}`;
  if (exit.kind === 'unknown') return 'unknown exit';
  const number = (constants.signals as Readonly<Record<string, number>>)[exit.signal];
  return `killed by ${exit.signal}${number === undefined ? '' : ` (${number})`}`;
}
