/**
 * One child process of `holdfast up`, kept running: started again when it ends, with a growing pause while it keeps ending.
 *
 * The child's standard input is its life line: it ends when `up` does, however that happens, and the child then shuts down
 * cleanly. Instances are not children of either; they outlive all of them.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, openSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type BackoffPolicy, backoffDelayMs } from '../../core/kit/backoff.ts';
import type { Clock } from '../../ports/clock.ts';
import { pause } from '../../ports/pause.ts';
import { replaceFile } from '../replace-file.ts';

/** Pause before a child is started again: at once the first time, then up to 5 s. */
const restartBackoff: BackoffPolicy = { baseMs: 100, maxMs: 5_000, jitter: 0 };
/** A child that ran this long was well: the pause starts anew. */
const healthyAfterMs = 30_000;
/** A log file larger than this is cut; what it held is kept as `NAME.log.1` until the next time. */
const logRotateBytes = 8 * 1024 * 1024;
/** How often log and pid file are looked at: a child that complains without end writes some MiB meanwhile. */
export const logLookMs = 10_000;
/** Time a child gets to end by itself before it is killed. */
const stopGraceMs = 15_000;

export interface ChildSpec {
  /** `server` or `agent`: the role, the pid file and the log file are named so. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataDir: string;
  /** Asked each time the child ended by itself; before it was started its log had so many bytes. */
  readonly startAgain: (logBytes: number) => StartAgain;
}

/** Whether a child is started again, and what it said that it ended of. */
export type StartAgain = { readonly again: false } | { readonly again: true; readonly because: Error | null };

export interface SupervisedChild {
  readonly name: string;
  /** Ends the child and waits for its end. */
  stop(): Promise<void>;
}

export interface SuperviseDeps {
  readonly clock: Clock;
  /** Tells the user a sentence; the child's own words are in its log file. */
  readonly warn: (sentence: string) => void;
}

export function superviseChild({ clock, warn }: SuperviseDeps, spec: ChildSpec): SupervisedChild {
  const stopping = new AbortController();
  const log = join(spec.dataDir, `${spec.name}.log`);
  const pidFile = join(spec.dataDir, `${spec.name}.pid`);
  let current: ChildProcess | null = null;
  const pidNow = (): number | undefined => current?.pid;

  let told = '';
  /** What it says again and again, a lock that another process holds, say, is told once. */
  const tell = (end: string, because: Error | null): void => {
    const words = because === null ? `ended (${end})` : `ended: ${because.message}`;
    if (because === null || words !== told) warn(`The ${spec.name} process ${words}; it is started again. See ${log}`);
    told = words;
  };

  const runOnce = async (): Promise<void> => {
    const logBytes = sizeOf(log);
    const child = spawnInto(log, spec);
    current = child;
    child.stdin?.on('error', () => {});
    if (child.pid !== undefined) notePid(pidFile, child.pid);
    const end = await new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    });
    current = null;
    if (stopping.signal.aborted) return;
    const decided = spec.startAgain(logBytes);
    if (decided.again) tell(end, decided.because);
    else stopping.abort();
  };

  const loop = (async () => {
    let attempt = 0;
    while (!stopping.signal.aborted) {
      const startedMs = clock.bootMs();
      await runOnce().catch((error: Error) => warn(`Cannot start the ${spec.name} process: ${error.message}`));
      attempt = clock.bootMs() - startedMs > healthyAfterMs ? 1 : attempt + 1;
      if (attempt > 1) await pause(clock, backoffDelayMs(restartBackoff, attempt - 1, 0), stopping.signal);
    }
    // Another process may get that number; a script that signals it would hit a stranger.
    rmSync(pidFile, { force: true });
  })();

  const bounding = (async () => {
    while (!stopping.signal.aborted) {
      boundLog(log);
      const pid = pidNow();
      if (pid !== undefined && !existsSync(pidFile)) notePid(pidFile, pid);
      await pause(clock, logLookMs, stopping.signal);
    }
  })();

  return {
    name: spec.name,
    async stop() {
      stopping.abort();
      const child = current;
      child?.kill('SIGTERM');
      const grace = new AbortController();
      const overdue = clock.sleep(stopGraceMs, grace.signal).then(
        () => child?.kill('SIGKILL'),
        () => undefined,
      );
      await Promise.all([loop, bounding]);
      grace.abort();
      await overdue;
    },
  };
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Throws where the system cannot even try. */
function spawnInto(log: string, { argv, env }: ChildSpec): ChildProcess {
  const output = openSync(log, 'a', 0o600);
  try {
    const [program = process.execPath, ...args] = argv;
    return spawn(program, args, { stdio: ['pipe', output, output], env: { ...env } });
  } finally {
    closeSync(output);
  }
}

/** The file is for people and scripts: a disk that is full keeps no process from running, and leaves no number of an older one. */
function notePid(file: string, pid: number): void {
  try {
    replaceFile(file, `${pid}\n`, 0o644);
  } catch {
    rmSync(file, { force: true });
  }
}

/** Cut in place: the child opened it for appending and goes on at its new end. What it writes between the two calls is lost. */
function boundLog(file: string): void {
  if (sizeOf(file) <= logRotateBytes) return;
  try {
    copyFileSync(file, `${file}.1`);
  } catch {
    // A disk too full to keep it needs the room all the more.
    rmSync(`${file}.1`, { force: true });
  }
  truncateSync(file);
}
