/** Child processes of a benchmark: started, asked, measured and ended by their own handle. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { childEnv, childNodeOptions } from '../../src/bin/up/child-memory.ts';

export interface Answering extends AsyncDisposable {
  readonly pid: number;
  /** Sends a question and waits for the answer with its number. */
  ask<T>(question: string, argument?: unknown): Promise<T>;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Compiled code, kept as the launcher of a checkout keeps it: without it each process carries a compiler of its own. */
const compileCache = join(tmpdir(), 'holdfast-bench-compile-cache');

/**
 * Starts a TypeScript file that answers questions with `answerQuestions`, as `holdfast up` starts its children. Resolves with
 * its first word, `ready`.
 */
export async function forkAnswering(file: URL, args: readonly string[]) {
  const execArgv = [...childNodeOptions];
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env, ...childEnv };
  const child = fork(file, [...args], { execArgv, env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, (answer: Answer) => void>();
  const ready = Promise.withResolvers<unknown>();
  child.on('message', (answer: Answer) => {
    if (answer.id === 0) ready.resolve(answer.value);
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  child.once('exit', (code) => ready.reject(new Error(`${file.pathname} ended with code ${code}`)));
  let last = 0;
  const first = await ready.promise;
  const answering: Answering = {
    pid: child.pid ?? 0,
    ask: <T>(question: string, argument: unknown = null) =>
      new Promise<T>((resolve, reject) => {
        last += 1;
        waiting.set(last, ({ value, error }) => (error === undefined ? resolve(value as T) : reject(new Error(error))));
        child.send({ id: last, question, argument });
      }),
    [Symbol.asyncDispose]: () => endChild(child),
  };
  return { answering, first };
}

/** The other end: tells `ready`, then answers; ends with its parent. */
export function answerQuestions(
  first: unknown,
  answers: Readonly<Record<string, (argument: unknown) => Promise<unknown> | unknown>>,
): void {
  process.on('message', async ({ id, question, argument }: { id: number; question: string; argument: unknown }) => {
    try {
      process.send?.({ id, value: (await answers[question]?.(argument)) ?? null });
    } catch (error) {
      process.send?.({ id, error: String(error) });
    }
  });
  for (const end of ['disconnect', 'SIGTERM']) process.once(end, () => process.exit(0));
  process.send?.({ id: 0, value: first });
}

/** Ends a child with SIGTERM, and waits for its end. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Starts a program and waits for a line on its output. */
export async function startUntilLine(
  argv: readonly string[],
  line: RegExp,
): Promise<{ child: ChildProcess; match: RegExpExecArray }> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (text) => {
        const found = line.exec(text);
        if (found !== null) resolve(found);
      });
    }
    child.once('exit', (code) => reject(new Error(`${program} ended with code ${code}`)));
    child.once('error', reject);
  });
  return { child, match };
}

/** From now on `peakMib` is the most since now. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Memory of a process in MiB: now, and the most it ever had. */
export function memoryOf(pid: number): { readonly rssMib: number; readonly peakMib: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN);
  return { rssMib: Math.round(kib('VmRSS') / 1024), peakMib: Math.round(kib('VmHWM') / 1024) };
}
