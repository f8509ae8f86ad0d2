/**
 * A real Holdfast for end-to-end tests: `holdfast up` on a fresh data directory, driven through its API and its CLI,
 * with the world (processes, files) read from the outside. Every wait is for evidence, with a deadline.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ApiClient, createApiClient } from '../../src/client/api-client.ts';
import type { JsonObject } from '../../src/core/kit/json.ts';
import { secretOf } from '../../src/core/kit/secret.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const imagesDir = join(root, 'images/out');
const launcher = join(root, 'holdfast');

/** Everything the tests read of a VM document. */
export interface VmDocument extends JsonObject {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly run: number;
  readonly desired_phase: string;
  readonly desired_paused: boolean;
  readonly status: JsonObject & {
    readonly phase: string;
    readonly observed_generation: number;
    readonly seen_generation: number;
    readonly incarnation: (JsonObject & { readonly id: string; readonly run: number; readonly state: string }) | null;
    readonly reason?: JsonObject & { readonly code: string; readonly message: string };
    readonly drift: readonly (JsonObject & { readonly field: string; readonly cause: string })[];
    readonly conditions: readonly (JsonObject & {
      readonly type: string;
      readonly status: string;
      readonly code: string;
    })[];
  };
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestCluster extends AsyncDisposable {
  readonly dataDir: string;
  readonly client: ApiClient;
  /** Runs the CLI of the checkout against this cluster. */
  cli(...args: readonly string[]): Promise<CliResult>;
  create(name: string, fields?: JsonObject): Promise<VmDocument>;
  get(name: string): Promise<VmDocument>;
  /** Waits until `accept` holds for the document; fails with the last one. */
  until(name: string, what: string, accept: (vm: VmDocument) => boolean, withinMs?: number): Promise<VmDocument>;
  /** Pids of the hypervisors of this cluster, optionally of one instance. */
  hypervisors(uid?: string): readonly number[];
  pidOf(role: 'server' | 'agent'): number;
  /** Starts a command of the CLI and answers at once; what it prints is collected. */
  start(...args: readonly string[]): RunningCli;
  /** What the `up` that runs now has printed. */
  said(): string;
  /** Ends `up` (SIGTERM), leaving instances as they are. */
  stop(): Promise<void>;
  /** Ends `up` if it runs, and starts it again on the same data, this time with `more` words. */
  restart(...more: readonly string[]): Promise<void>;
}

/** A command of the CLI that runs beside the test. */
export interface RunningCli {
  readonly process: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<number>;
}

/** The reason to skip, or false: real QEMU and built images are needed. */
export function cannotRun(): string | false {
  if (!existsSync('/usr/bin/qemu-system-x86_64')) return 'qemu-system-x86_64 is not installed';
  if (!existsSync(join(imagesDir, 'vmlinuz'))) return 'guest images are not built (images/build)';
  return false;
}

/** A small guest by direct kernel boot; `fields` override. */
export function aGuest(name: string, fields: JsonObject = {}): JsonObject {
  return {
    api_version: 'holdfast/v1',
    kind: 'VirtualMachine',
    name,
    memory_mib: 128,
    kernel: pathToFileURL(join(imagesDir, 'vmlinuz')).href,
    initrd: pathToFileURL(join(imagesDir, 'initrd.gz')).href,
    cmdline: 'console=ttyS0 quiet panic=5',
    nics: [],
    ...fields,
  };
}

/** Polls `look` until it gives something else than undefined. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  withinMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Not seen within ${withinMs} ms: ${what}`);
    await delay(25);
  }
}

/** `args` are more words for `up`, `env` more variables for it and its children. */
export async function startCluster(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  userId: number | null = null,
): Promise<TestCluster> {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'));
  mkdirSync(join(dataDir, 'images'));
  if (userId !== null) for (const dir of [dataDir, join(dataDir, 'images')]) chownSync(dir, userId, userId);
  const how = { args, env, userId };
  let up = await startUp(dataDir, how);
  const started: RunningCli[] = [];
  const cluster: TestCluster = {
    dataDir,
    get client() {
      return up.client;
    },
    cli: (...words) => runCli(words, { HOLDFAST_SERVER: up.client.server, HOLDFAST_TOKEN: up.token }),
    start: (...words) => {
      const running = startCli(words, { HOLDFAST_SERVER: up.client.server, HOLDFAST_TOKEN: up.token });
      started.push(running);
      return running;
    },
    said: () => up.said(),
    stop: () => stopUp(up.process),
    async create(name, fields = {}) {
      await up.client.request('POST', '/v1/vms', { body: aGuest(name, fields) });
      return cluster.get(name);
    },
    async get(name) {
      return (await up.client.request('GET', `/v1/vms/${name}`)).body as unknown as VmDocument;
    },
    async until(name, what, accept, withinMs = 30_000) {
      let last: VmDocument | undefined;
      return eventually(
        what,
        async () => {
          last = await cluster.get(name);
          return accept(last) ? last : undefined;
        },
        withinMs,
      ).catch((error: Error) => {
        throw new Error(`${error.message}\n${JSON.stringify(last, null, 1)}`);
      });
    },
    hypervisors: (uid) => hypervisorsOf(dataDir, uid),
    pidOf: (role) => Number(readFileSync(join(dataDir, `${role}.pid`), 'utf8')),
    async restart(...more) {
      await stopUp(up.process);
      up = await startUp(dataDir, { ...how, args: [...args, ...more] });
    },
    async [Symbol.asyncDispose]() {
      // What a failed test left behind must not keep its process from ending.
      for (const { process: child } of started) if (child.exitCode === null) child.kill('SIGKILL');
      await stopUp(up.process);
      for (const pid of hypervisorsOf(dataDir)) process.kill(pid, 'SIGKILL');
      await eventually(
        'every hypervisor is gone',
        () => (hypervisorsOf(dataDir).length === 0 ? true : undefined),
        10_000,
      );
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return cluster;
}

interface RunningUp {
  readonly process: ChildProcess;
  readonly client: ApiClient;
  readonly token: string;
  said(): string;
}

interface StartUp {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The user (and group) it runs as; null = as the test. */
  readonly userId: number | null;
}

async function startUp(dataDir: string, { args, env, userId }: StartUp): Promise<RunningUp> {
  const words = [
    'up',
    '--data-dir',
    dataDir,
    '--listen',
    '127.0.0.1:0',
    '--no-demo',
    ...['--image-dir', imagesDir, '--image-dir', join(dataDir, 'images')],
    ...args,
  ];
  const child = spawn(launcher, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(userId === null ? {} : { uid: userId, gid: userId }),
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const server = await eventually(
    `'holdfast up' is ready`,
    () => {
      if (child.exitCode !== null) throw new Error(`'holdfast up' ended with code ${child.exitCode}:\n${output}`);
      return /ready on (http:\S+)/.exec(output)?.[1];
    },
    60_000,
  ).catch(async (error: unknown) => {
    await stopUp(child);
    throw new Error(`${error instanceof Error ? error.message : String(error)}; it printed:\n${output}`);
  });
  const token = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim();
  const client = createApiClient({ fetch }, { server, token: secretOf(token) });
  return { process: child, client, token, said: () => output };
}

async function stopUp(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Runs the CLI and collects what it says. */
export function runCli(args: readonly string[], env: Readonly<Record<string, string>>): Promise<CliResult> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env, NO_COLOR: '1' }, maxBuffer: 64 * 1024 * 1024 };
    execFile(launcher, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Starts the CLI with pipes to and from it. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>>): RunningCli {
  const child = spawn(launcher, [...args], { env: { ...process.env, ...env, NO_COLOR: '1' } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Reads /proc: a hypervisor of this cluster has the data directory on its command line, or as its working directory. Zombies are dead. */
export function hypervisorsOf(dataDir: string, uid?: string): readonly number[] {
  const pids: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const argv = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      if (!(argv[0] ?? '').includes('qemu-system')) continue;
      const inside =
        argv.some((word) => word.includes(dataDir)) || readlinkSync(`/proc/${entry}/cwd`).startsWith(dataDir);
      const state = /\) (\S)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8'))?.[1];
      if (inside && state !== 'Z' && (uid === undefined || argv.some((word) => word.includes(uid))))
        pids.push(Number(entry));
    } catch {
      // The process ended while we looked.
    }
  }
  return pids;
}

export const inSync = (vm: VmDocument): boolean =>
  vm.generation === vm.status.observed_generation && vm.status.drift.length === 0;
export const isRunning = (vm: VmDocument): boolean => vm.status.phase === 'running' && inSync(vm);
